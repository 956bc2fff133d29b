import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { encodePng } from '../../service/logs/png.ts'
import { LogReader } from '../../service/logs/log-reader.ts'
import { json, madeStartMs, makeMcap } from '../../service/logs/testing/make-mcap.ts'
import { createRouter } from '../api/router.ts'
import { MemoryFiles } from '../api/testing/memory-files.ts'
import { bareShell, MemoryPeer } from '../api/testing/memory-peer.ts'
import { answerPicture } from '../electron/app-pictures.ts'
import { readToken } from './token.ts'
import { WebServer } from './web-server.ts'

/** Files in memory that are really looked into. */
class LookedInto extends MemoryFiles {
  override readonly logs = new LogReader({
    clock: systemClock,
    counters: new Counters(),
    log: silentLog,
    content: (cid, options) => this.reader.content(cid, options),
    stat: (cid) => this.reader.stat(cid),
    share: (cid) => this.shares.get(cid),
  })
}

class LogPeer extends MemoryPeer {
  override readonly files = new LookedInto()
}

const png = encodePng(2, 1, 1, Uint8Array.of(3, 4))
const drive = await makeMcap(
  [
    {
      topic: '/duckie01/camera',
      type: 'foxglove.CompressedImage',
      message: () => json({ data: Buffer.from(png).toString('base64') }),
    },
    { topic: '/duckie01/trick', type: 'CompressedImage', message: () => json({ data: btoa('<svg onload=alert(1)>') }) },
  ],
  { steps: 20 },
)

let home: string
let peer: LogPeer
let web: WebServer
let headers: Record<string, string>

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-frame-'))
  peer = new LogPeer()
  await peer.files.logs.start()
  const address = { host: '127.0.0.1', port: 0, explicit: true }
  web = new WebServer({ peer, router: createRouter(peer, bareShell) }, { address, home, version: '0.1.0' })
  await web.start()
  headers = { authorization: `Bearer ${readToken(home) ?? ''}` }
})

afterEach(async () => {
  await web.stop()
  await peer.files.logs.stop()
  rmSync(home, { recursive: true, force: true })
})

const ask = (path: string) => fetch(`${web.url ?? ''}/api${path}`, { headers })
const at = (cid: string, topic: string, atMs: number | string) =>
  `/files/${cid}/frame?topic=${encodeURIComponent(topic)}&at=${atMs}`

test('a picture of a recording is served as one, and could do nothing as a page', async () => {
  const cid = peer.files.put('drive.mcap', drive)
  const answer = await ask(at(cid, '/duckie01/camera', madeStartMs + 520))
  expect(answer.status).toBe(200)
  expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(png))).toBe(true)
  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(answer.headers.get('x-frame-at')).toBe(String(madeStartMs + 500))
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
})

test('a preview over the API names pictures that can be had', async () => {
  const cid = peer.files.put('drive.mcap', drive)
  const preview = (await (await ask(`/files/${cid}/preview`)).json()) as {
    readonly kind: string
    readonly frames: readonly { readonly topic: string; readonly atMs: number }[]
  }
  expect(preview.kind).toBe('messages')
  const [first] = preview.frames
  expect((await ask(at(cid, first?.topic ?? '', first?.atMs ?? 0))).status).toBe(200)
})

test('what is no picture, not there or not asked for rightly is refused', async () => {
  const cid = peer.files.put('drive.mcap', drive)
  expect((await ask(at(cid, '/duckie01/trick', madeStartMs))).status).toBe(404)
  expect((await ask(at(cid, '/nothing', madeStartMs))).status).toBe(404)
  expect((await ask(at(peer.files.put('x.txt', Buffer.from('words')), '/a', 1))).status).toBe(404)
  for (const path of [
    at(cid, '/a', 'NaN'),
    at(cid, '/a', ''),
    at(cid, '', 1),
    at(cid, 'x'.repeat(300), 1),
    at('not-a-cid', '/a', 1),
  ]) {
    expect((await ask(path)).status).toBe(400)
  }
  expect((await fetch(`${web.url ?? ''}/api${at(cid, '/duckie01/camera', 1)}`)).status).toBe(401)
})

test('the window of the desktop draws the same, at the same paths of its own origin', async () => {
  const cid = peer.files.put('drive.mcap', drive)
  const { signal } = new AbortController()
  const get = (path: string) => answerPicture(`app://dt-swarm/api${path}`, signal, () => peer)
  const frame = await get(at(cid, '/duckie01/camera', madeStartMs))
  expect([frame?.status, frame?.headers.get('content-type')]).toEqual([200, 'image/png'])
  const shared = await get(`/files/${peer.files.put('a.png', png)}/content`)
  expect(Buffer.from((await shared?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(Buffer.from(png))).toBe(true)
  expect(shared?.headers.get('content-security-policy')).toMatch(/^sandbox/)
  // Only pictures: the window has no use for other files, and what robots share is never a page of ours.
  const page = await get(`/files/${peer.files.put('a.html', Buffer.from('<script>alert(1)</script>'))}/content`)
  expect([page?.status, page?.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8'])
  expect((await get('/files/not-a-cid/content'))?.status).toBe(404)
  expect(await get('/fleet')).toBeNull()
  expect((await answerPicture(`app://dt-swarm/api/files/${cid}/content`, signal, () => null))?.status).toBe(503)
})
