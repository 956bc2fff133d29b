import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultFileSettings } from '../../../shared/file-views.ts'
import type { TransferView } from '../../../shared/views.ts'
import { makeFilePeer, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, stream, waitFor } from './testing/file-steps.ts'

/** Whoever has the private key of a peer is that peer. */
let a: FilePeer

beforeEach(async () => {
  a = await makeFilePeer('a')
  await writeFile(join(a.home, 'identity.json'), '{"key":"secret"}')
  await writeFile(join(a.home, 'web-token'), 'secret')
  await a.start()
})

afterEach(stopFilePeers)

const listed = (): string[] =>
  a.files.shares
    .all()
    .map(({ name }) => name)
    .toSorted()

async function shareAll(path: string, how: 'link' | 'copy'): Promise<readonly TransferView[]> {
  const views = await a.files.sharing.sharePaths([path], { how })
  return Promise.all(views.map((view) => ended(a, view)))
}

it.each(['link', 'copy'] as const)('files of the home are refused, by whatever name: %s', async (how) => {
  await symlink(join(a.home, 'identity.json'), join(a.disk, 'innocent.log'))
  await symlink(a.home, join(a.disk, 'folder'))
  for (const path of [join(a.home, 'identity.json'), join(a.disk, 'innocent.log'), a.home, join(a.disk, 'folder')]) {
    const [view] = await shareAll(path, how)
    expect(view?.error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('private key') })
  }
  expect(listed()).toEqual([])
})

it('of a folder above the home all else is shared, and it is said what is not', async () => {
  await mkdir(join(a.disk, 'other-peer'))
  for (const name of ['identity.json', 'swarm.db', 'x.log']) await writeFile(join(a.disk, 'other-peer', name), 'x')
  await writeFile(join(a.disk, 'good.log'), 'good')
  const [head, ...wrong] = await shareAll(a.disk, 'link')
  expect(head).toMatchObject({ state: 'done', step: expect.stringContaining('1 file shared, 2 could not be') })
  expect(wrong.map(({ error }) => error?.message)).toEqual([
    expect.stringMatching(/other-peer" is not shared: it is the home of a dt-swarm peer/),
    expect.stringMatching(/peer" is not shared: it is the home of a dt-swarm peer, which holds its private key/),
  ])
  expect(listed()).toEqual([expect.stringMatching(/good\.log$/)])
})

it('a share folder above the home leaves it out, and nothing is written into it', async () => {
  await a.files.setDirs({ shareDir: a.disk, downloadDir: a.downloadDir })
  await writeFile(join(a.disk, 'good.log'), 'good')
  await waitFor(() => expect(listed()).toEqual(['good.log']))
  expect(a.files.warnings().map(({ message }) => message)).toEqual([expect.stringMatching(/"peer": it is the home of/)])
  const sent = await a.files.sharing.shareStream('peer/settings.json', stream(Buffer.from('{}')))
  expect(sent.error).toMatchObject({ code: 'UNSUPPORTED' })
  expect(listed()).toEqual(['good.log'])
})

it('what is found to lie in a home is taken back, also where deleted files are kept', async () => {
  a.files.applySettings({ ...defaultFileSettings, whenDeleted: 'keep' })
  const [linked, inside] = [join(a.disk, 'drive'), join(a.shareDir, 'drive')]
  for (const dir of [linked, inside]) {
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, `of ${dir === linked ? 'a link' : 'the folder'}`), dir)
  }
  await shareAll(linked, 'link')
  await waitFor(() => expect(listed()).toHaveLength(2))
  for (const dir of [linked, inside]) {
    for (const name of ['web-token', 'identity.json']) await writeFile(join(dir, name), 'x')
  }
  await waitFor(() => expect(listed()).toEqual([]))
})

it('a share folder and downloads in the home are shared, as those of a service are', async () => {
  const [shareDir, downloadDir] = [join(a.home, 'shared-logs'), join(a.home, 'Downloads')]
  for (const dir of [shareDir, downloadDir]) await mkdir(dir)
  await a.files.setDirs({ shareDir, downloadDir })
  await writeFile(join(shareDir, 'x.log'), 'x')
  await writeFile(join(downloadDir, 'y.log'), 'y')
  await shareAll(join(downloadDir, 'y.log'), 'link')
  await waitFor(() => expect(listed()).toEqual(['x.log', 'y.log']))
})
