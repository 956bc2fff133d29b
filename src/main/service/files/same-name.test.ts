import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { TransferView } from '../../../shared/views.ts'
import { makeFilePeer, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, stream, waitFor } from './testing/file-steps.ts'

/** Robots call the logs of every run the same. */
let disk: string
let a: FilePeer

beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'dt-swarm-runs-'))
  a = await makeFilePeer('a')
  await a.start()
})

afterEach(async () => {
  await stopFilePeers()
  await rm(disk, { recursive: true, force: true })
})

async function put(path: string, text: string): Promise<string> {
  await mkdir(dirname(join(disk, path)), { recursive: true })
  await writeFile(join(disk, path), text)
  return join(disk, path)
}

async function share(path: string, options: { how?: 'link' | 'copy'; channel?: string } = {}): Promise<TransferView> {
  const [view] = await a.files.sharing.sharePaths([path], { how: 'link', ...options })
  if (view === undefined) throw new Error('no transfer')
  const over = await ended(a, view)
  expect(over).toMatchObject({ state: 'done' })
  return over
}

const listed = (): string[] => a.files.shares.all().map(({ name }) => name)

it('linked files of one name are each shared, also after a restart, and each is taken back alone', async () => {
  await share(await put('n1/camera.bag', 'the first run'))
  const second = await put('n2/camera.bag', 'the second run')
  await share(second)
  await a.files.sharing.shareStream('camera.bag', stream(Buffer.from('one that was sent')))
  expect(listed()).toEqual(['camera.bag', 'camera.bag', 'camera.bag'])
  await a.restartFiles()
  expect(listed()).toHaveLength(3)
  // Changed, it takes the place of its own earlier state alone.
  await writeFile(second, 'the second run, and more')
  await waitFor(() => expect(a.files.shares.all().some(({ sizeBytes }) => sizeBytes === 24)).toBe(true))
  expect(
    a.files.shares
      .all()
      .map(({ sizeBytes }) => sizeBytes)
      .toSorted((x, y) => x - y),
  ).toEqual([13, 17, 24])
  await rm(second)
  await waitFor(() => expect(listed()).toHaveLength(2))
  await writeFile(join(a.shareDir, 'camera.bag'), 'one that was changed in the share folder')
  await waitFor(() => expect(a.files.shares.all().some(({ sizeBytes }) => sizeBytes === 40)).toBe(true))
  expect(
    a.files.shares
      .all()
      .map(({ sizeBytes }) => sizeBytes)
      .toSorted((x, y) => x - y),
  ).toEqual([13, 40])
})

it('the same file at two places is one share, and stands as long as one of them is there', async () => {
  const [one, two] = [await put('n1/camera.bag', 'the same run'), await put('n2/camera.bag', 'the same run')]
  await share(one)
  await share(two)
  // It is looked at after the others: once it is missed, they were looked at.
  const last = await put('last.bag', 'the last')
  await share(last)
  expect(listed().toSorted()).toEqual(['camera.bag', 'last.bag'])
  await Promise.all([rm(one), rm(last)])
  await waitFor(() => expect(listed()).not.toContain('last.bag'))
  expect(listed()).toEqual(['camera.bag'])
  await rm(two)
  await waitFor(() => expect(listed()).toEqual([]))
})

it.each(['link', 'copy'] as const)('folders of one name are folders of their own: %s', async (how) => {
  for (const run of ['n3', 'n4']) {
    await put(`${run}/run/x.log`, `x of ${run}`)
    await put(`${run}/run/sub/y.log`, `y of ${run}`)
  }
  const nameOf = async (run: string): Promise<string> => (await share(join(disk, run, 'run'), { how })).name
  // Also when both come at once.
  const names = await Promise.all([nameOf('n3'), nameOf('n4')])
  expect(names.toSorted()).toEqual(['run', 'run (2)'])
  expect(listed().toSorted()).toEqual(['run (2)/sub/y.log', 'run (2)/x.log', 'run/sub/y.log', 'run/x.log'])
  // Once more, with one more file, each goes on as what it was.
  await a.restartFiles()
  for (const run of ['n4', 'n3']) await put(`${run}/run/z.log`, `z of ${run}`)
  expect([await nameOf('n4'), await nameOf('n3')]).toEqual(names.toReversed())
  expect(listed()).toHaveLength(6)
  for (const folder of names) expect(a.files.shares.matching({ folder })).toHaveLength(3)
})

it('what is shared with all is not taken back by a channel, and channels add to each other', async () => {
  const path = await put('x.log', 'for all')
  await share(path)
  expect((await share(path, { channel: 'course' })).step).toMatch(/^shared with all already/)
  expect((await share(path, { how: 'copy', channel: 'course' })).step).toMatch(/^shared with all already/)
  expect(a.files.shares.all().map(({ channel }) => channel)).toEqual([null])

  a.files.finder.joinChannel('lab')
  const other = await put('y.log', 'for some')
  expect((await share(other, { channel: 'course' })).step).toBe(
    'shared on the file channel "course", which this peer has not joined',
  )
  expect((await share(other, { channel: 'lab' })).step).not.toMatch(/not joined/)
  const shown = a.files.shares.matching({ channel: 'lab' })
  expect(shown).toMatchObject([{ name: 'y.log', channel: 'course', moreChannels: ['lab'] }])
  // It stays on both when it changes, and is for all as soon as somebody says so.
  await writeFile(other, 'for some, and more')
  await waitFor(() => expect(a.files.shares.matching({ channel: 'lab' })[0]?.sizeBytes).toBe(18))
  expect(a.files.shares.matching({ channel: 'course' })).toMatchObject([{ sizeBytes: 18 }])
  await share(other)
  expect(a.files.shares.all().map(({ channel }) => channel)).toEqual([null, null])
})
