import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { appendFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ShareView, TransferView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

const folder = scratch()
const origin = new Daemon(folder.path, 'origin')
const reader = new Daemon(folder.path, 'reader')

beforeAll(async () => {
  await origin.start()
  await reader.start({ join: await origin.invite() })
})

afterAll(async () => {
  await Promise.all([origin.stop(), reader.stop()])
  folder.remove()
})

const soon = <Result>(look: () => Promise<Result> | Result, timeout = 60_000): Promise<Result> =>
  vi.waitFor(look, { timeout, interval: 200 })

const namesAt = async (daemon: Daemon, prefix = ''): Promise<string[]> =>
  (await daemon.files()).flatMap(({ name }) => (name.startsWith(prefix) ? [name] : [])).toSorted()

const share = (paths: readonly string[], how: 'copy' | 'link' = 'copy'): Promise<TransferView[]> =>
  origin.post('/files/share', { paths, how })

const ended = (id: string): Promise<TransferView> =>
  soon(async () => {
    const view = await origin.json<TransferView>(`/transfers/${id}`)
    if (view.endedAtMs === null) throw new Error(`${view.state}: ${view.step}`)
    return view
  }, 120_000)

async function settings(files: Record<string, unknown>): Promise<void> {
  const now = await origin.json<{ files: object }>('/settings')
  const answer = await origin.call('/settings', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files: { ...now.files, ...files } }),
  })
  expect(answer.status).toBe(200)
}

async function one(daemon: Daemon, name: string): Promise<ShareView> {
  return soon(async () => {
    const found = (await daemon.files()).filter((file) => file.name === name)
    expect(found).toHaveLength(1)
    const [first] = found
    if (first === undefined) throw new Error('it is gone')
    return first
  })
}

it('a folder that is dropped is shared as a tree; links out of it, hidden and bad names are told and left out', async () => {
  const dir = join(folder.path, 'run-17')
  mkdirSync(join(dir, 'cameras', '.cache'), { recursive: true })
  writeFileSync(join(dir, 'notes.txt'), 'it drove')
  writeFileSync(join(dir, 'cameras', 'left.bin'), randomBytes(3_000_000))
  writeFileSync(join(dir, 'cameras', '.cache', 'x'), 'x')
  writeFileSync(join(dir, 'bad\nname'), 'x')
  writeFileSync(Buffer.concat([Buffer.from(join(dir, 'latin-')), Buffer.from([0xe4])]), 'x')
  writeFileSync(join(folder.path, 'secret'), 'secret')
  symlinkSync(join(folder.path, 'secret'), join(dir, 'link'))
  const [head, ...refused] = await share([dir])
  expect(await ended(head?.id ?? '')).toMatchObject({ state: 'done', step: '2 files shared, 3 could not be' })
  expect(refused.map(({ error }) => error?.message ?? '').toSorted()).toEqual([
    '"run-17/bad\\nname" is not shared: its name has control characters.',
    '"run-17/latin-�" is not shared: its name is no valid text (UTF-8).',
    '"run-17/link" is not shared: it is a link out of the folder.',
  ])
  await soon(async () => expect(await namesAt(reader)).toEqual(['run-17/cameras/left.bin', 'run-17/notes.txt']))
  const left = await one(reader, 'run-17/cameras/left.bin')
  expect(left.sha1).toBe(
    createHash('sha1')
      .update(readFileSync(join(dir, 'cameras', 'left.bin')))
      .digest('hex'),
  )
})

it('an upload may name a folder, and never leaves the share folder', async () => {
  const put = (name: string): Promise<Response> =>
    origin.call(`/files/upload?name=${encodeURIComponent(name)}`, { method: 'PUT', body: 'bytes' })
  expect((await put('upload/deep/one.txt')).status).toBe(200)
  expect(readFileSync(join(origin.share, 'upload', 'deep', 'one.txt'), 'utf8')).toBe('bytes')
  for (const name of [
    '../out.txt',
    '/tmp/out.txt',
    'a/../../out.txt',
    'a//b',
    '.ssh/authorized_keys',
    'x'.repeat(300),
  ]) {
    const answer = await put(name)
    expect([name, answer.status]).toEqual([name, 400])
  }
  expect(existsSync(join(origin.share, '..', 'out.txt'))).toBe(false)
  await soon(async () => expect(await namesAt(reader, 'upload')).toEqual(['upload/deep/one.txt']))
})

it('renamed, changed, ignored and deleted files are seen so by others', async () => {
  writeFileSync(join(origin.share, 'a.log'), 'first')
  const { cid } = await one(reader, 'a.log')
  renameSync(join(origin.share, 'a.log'), join(origin.share, 'b.log'))
  expect((await one(reader, 'b.log')).cid).toBe(cid)
  await soon(async () => expect(await namesAt(reader, 'a.log')).toEqual([]))
  await appendFile(join(origin.share, 'b.log'), ' second')
  await soon(async () => expect((await one(reader, 'b.log')).cid).not.toBe(cid))
  await settings({ ignore: ['b.*'] })
  await soon(async () => expect(await namesAt(reader, 'b.log')).toEqual([]))
  await settings({ ignore: [] })
  await one(reader, 'b.log')
  rmSync(join(origin.share, 'b.log'))
  await soon(async () => expect(await namesAt(reader, 'b.log')).toEqual([]))
})

it('what is unshared is gone for others, and stays unshared over a restart', async () => {
  writeFileSync(join(origin.share, 'private.log'), 'mine')
  const { cid } = await one(reader, 'private.log')
  await origin.post(`/files/${cid}/unshare`, {})
  await soon(async () => expect(await namesAt(reader, 'private')).toEqual([]))
  await origin.stop()
  await origin.start()
  writeFileSync(join(origin.share, 'public.log'), 'ours')
  await one(origin, 'public.log')
  expect(await namesAt(origin, 'private')).toEqual([])
  expect(readFileSync(join(origin.share, 'private.log'), 'utf8')).toBe('mine')
})

it('a file that is written to all the while is shared once it is still, as it is then', async () => {
  const path = join(folder.path, 'recording.bin')
  writeFileSync(path, randomBytes(80_000_000))
  const [view] = await share([path], 'link')
  const file = await open(path, 'a')
  for (let n = 0; n < 20; n += 1) {
    await file.write(randomBytes(50_000))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await file.close()
  const end = await ended(view?.id ?? '')
  expect(end).toMatchObject({ state: 'done', sizeBytes: 81_000_000 })
  const { sha1 } = await one(origin, 'recording.bin')
  expect(sha1).toBe(createHash('sha1').update(readFileSync(path)).digest('hex'))
})

it('kill -9 in the middle of a drop: it goes on after the start, and all of it is shared, once', async () => {
  const dir = join(folder.path, 'many')
  mkdirSync(dir)
  for (let n = 0; n < 40; n += 1) writeFileSync(join(dir, `${n}.bin`), randomBytes(5_000_000))
  const [head] = await share([dir])
  const id = head?.id ?? ''
  await soon(async () => {
    const { doneBytes } = await origin.json<TransferView>(`/transfers/${id}`)
    expect(doneBytes).toBeGreaterThan(20_000_000)
  })
  await soon(() => expect(readFileSync(join(origin.home, 'drops.json'), 'utf8')).toContain(id))
  const before = (await namesAt(origin, 'many/')).length
  expect(before).toBeLessThan(40)
  await origin.stop('SIGKILL')
  await origin.start()
  expect(await ended(id)).toMatchObject({
    state: 'done',
    doneBytes: 200_000_000,
    step: expect.stringContaining('40 files'),
  })
  expect(await namesAt(origin, 'many/')).toHaveLength(40)
  expect(readdirSync(join(origin.share, 'many'))).toHaveLength(40)
  // Nothing half written is left.
  expect(readdirSync(origin.share).filter((name) => name.startsWith('.'))).toEqual([])
  for (const n of [0, 17, 39]) {
    expect(readFileSync(join(origin.share, 'many', `${n}.bin`)).equals(readFileSync(join(dir, `${n}.bin`)))).toBe(true)
  }
  await soon(async () => expect(await namesAt(reader, 'many/')).toHaveLength(40))
})
