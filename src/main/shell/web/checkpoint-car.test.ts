import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CheckpointImportView, CheckpointView } from '../../../shared/checkpoint-views.ts'
import { createRouter } from '../api/router.ts'
import { bareShell, MemoryPeer } from '../api/testing/memory-peer.ts'
import { readToken } from './token.ts'
import { WebServer } from './web-server.ts'

let home: string
let peer: MemoryPeer
let web: WebServer

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-car-'))
  peer = new MemoryPeer()
  const address = { host: '127.0.0.1', port: 0, explicit: true }
  web = new WebServer({ peer, router: createRouter(peer, bareShell) }, { address, home, version: '0.1.0', root: home })
  await web.start()
})
afterEach(async () => {
  await web.stop()
  rmSync(home, { recursive: true, force: true })
})

const api = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${web.url}/api${path}`, { ...init, headers: { authorization: `Bearer ${readToken(home)}` } })

test('a checkpoint is made, listed and streams out as a file', async () => {
  const made = (await (await api('/checkpoints', { method: 'POST' })).json()) as CheckpointView
  expect(await (await api('/checkpoints')).json()).toEqual([made])
  expect(await (await api(`/checkpoints/${made.root}`)).json()).toEqual(made)
  const file = await api(`/checkpoints/${made.root}/car`)
  expect(file.headers.get('content-type')).toContain('application/vnd.ipld.car')
  expect(file.headers.get('content-disposition')).toContain(`swarm-${made.root.slice(-6)}.car`)
  expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.alloc(3_000, 'state'))).toBe(true)
  const head = await api(`/checkpoints/${made.root}/car`, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe('3000')
  // Of one that is not here, asking fetches nothing.
  vi.spyOn(peer.checkpoints, 'get').mockReturnValue({ ...made, local: false })
  const fetched = vi.spyOn(peer.checkpoints, 'file')
  const away = await api(`/checkpoints/${made.root}/car`, { method: 'HEAD' })
  expect([away.status, away.headers.get('content-type'), fetched.mock.calls]).toEqual([
    200,
    'application/vnd.ipld.car; version=1',
    [],
  ])
  vi.restoreAllMocks()
  expect(await (await api(`/checkpoints/${made.root}/save`, { method: 'POST' })).json()).toMatchObject({ bytes: 3_000 })
})

test('a file streams in; what is none, and roots that are none, are refused with words', async () => {
  const put = await api('/checkpoints/car', { method: 'PUT', body: Buffer.alloc(5_000) })
  expect((await put.json()) as CheckpointImportView).toMatchObject({ added: 5_000, known: 0, refused: {} })
  const empty = await api('/checkpoints/car', { method: 'PUT', body: '' })
  expect([empty.status, await empty.json()]).toMatchObject([400, { code: 'INVALID_INPUT' }])
  const unknown = await api(`/checkpoints/bafyrei${'c'.repeat(52)}/car`)
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'NOT_FOUND' }])
  expect((await api('/checkpoints/nonsense/car')).status).toBe(400)
  expect((await fetch(`${web.url}/api/checkpoints`)).status).toBe(401)
})
