import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import { peerB } from '../api/testing/memory-peer.ts'
import { WebRig } from '../web/testing/web-rig.ts'
import { withApi } from './call.ts'
import { loadFile } from './load-command.ts'

let rig: WebRig
let folder: string
let said: string[]
beforeEach(async () => {
  rig = await WebRig.start()
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-load-'))
  said = []
})
afterEach(async () => {
  await rig.stop()
  rmSync(folder, { recursive: true, force: true })
})

const endpoint = () => ({ url: rig.url, token: rig.token })
const bytes = Buffer.alloc(5_000, 7)
const uri = `sha1://${hash('sha1', bytes)}`
const elsewhere = { local: false, copies: [{ peer: peerB, name: 'robot', alive: true }] }

async function load(dest: string, force = false): Promise<void> {
  const io = { out: (text: string) => said.push(text), note: () => {}, progress: () => {}, outliveReaders: () => {} }
  await loadFile(uri, endpoint(), { dest, force, json: false }, io)
}

test('a file that another is in the place of is not fetched, unless it is to be replaced', async () => {
  const cid = rig.peer.files.put('run.bag', bytes, elsewhere)
  const path = join(folder, 'there.bag')
  writeFileSync(path, 'mine')
  await expect(load(path)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(load(join(folder, 'no', 'folder', 'run.bag'))).rejects.toThrow(/there is no folder/)
  expect(rig.peer.files.asked).toEqual([])
  expect(readFileSync(path, 'utf8')).toBe('mine')
  await load(path, true)
  expect(readFileSync(path)).toEqual(bytes)
  // It is that file now, and need not come again.
  await load(path)
  expect(rig.peer.files.asked).toEqual([['fetch', cid, { to: 'store', priority: 'normal' }]])
  expect(said).toEqual([path, path])
  expect(readdirSync(folder)).toEqual(['there.bag'])
})

test('a file that the quota of copies would not let stay in the store comes all the same', async () => {
  rig.peer.files.put('run.bag', bytes, elsewhere)
  await rig.peer.settings.update({ files: { ...defaultFileSettings, quotaBytes: bytes.length - 1 } })
  await load(`${folder}/`)
  expect(readFileSync(join(folder, 'run.bag'))).toEqual(bytes)
  expect(rig.peer.files.asked).toEqual([])
})

test('a peer that stops under a command is told of as that, and what is to become of its work', async () => {
  const waiting = withApi(endpoint(), async (api) => {
    await api.system.info()
    await rig.web.stop()
    // As a command that waits for a fetch asks again.
    for (;;) await api.system.info()
  })
  await expect(waiting).rejects.toMatchObject({ code: 'NO_DAEMON', message: expect.stringContaining('has stopped') })
  const silent = new WebRig()
  await silent.web.start()
  const never = withApi({ url: silent.url, token: silent.token }, () => {
    void silent.stop()
    return new Promise(() => {})
  })
  await expect(never).rejects.toMatchObject({ code: 'NO_DAEMON' })
})

test('a file that breaks off because the peer has stopped says so', async () => {
  rig.peer.files.put('run.bag', bytes)
  rig.peer.files.reader.content = async function* () {
    // The last that came is held back, as the SHA-1 may turn out to be another.
    yield bytes.subarray(0, 1_000)
    yield bytes.subarray(1_000, 2_000)
    await vi.waitFor(() => {
      const [part = ''] = readdirSync(folder)
      expect(statSync(join(folder, part)).size).toBe(1_000)
    })
    void rig.web.stop()
    await new Promise(() => {})
  }
  await expect(load(join(folder, 'run.bag'))).rejects.toThrow(/has stopped: start it again/)
  expect(readdirSync(folder)).toEqual([])
})
