import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Cid, RecordId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LinkedFiles } from './linked-files.ts'
import { ShareIndex } from './share-index.ts'
import { makeFilePeer, stopFilePeers } from './testing/file-peers.ts'
import { ended, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

it('one that is held while it is shared anew does not keep the others from being looked after', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dt-swarm-linked-'))
  const deps = { clock: systemClock, counters: new Counters(), log: silentLog }
  const index = new ShareIndex(deps, { path: join(home, 'files.json') })
  const names = ['held.log', 'gone.log', 'key/secret', 'b.log']
  await mkdir(join(home, 'key'))
  for (const name of names) {
    const path = join(home, name)
    if (name !== 'gone.log') await writeFile(path, name)
    const ids = { cid: `cid of ${name}` as Cid, recordId: `record of ${name}` as RecordId }
    index.setFile(path, { ...ids, sizeBytes: 1, mtimeMs: 1, sharedAtMs: 1, name, linked: true })
  }
  const told: string[] = []
  const linked = new LinkedFiles(
    {
      index,
      clock: systemClock,
      changed: async ({ name }, { signal }) => {
        told.push(name)
        if (name === 'held.log') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      homes: { around: async (dir) => (dir === join(home, 'key') ? dir : null) },
      closed: (path) => {
        told.push('secret')
        index.dropFile(path)
      },
      gone: (path) => {
        told.push('gone.log')
        index.dropFile(path)
      },
    },
    { everyMs: 10 },
  )
  await linked.start()
  await waitFor(() => expect(told.filter((name) => name === 'b.log').length).toBeGreaterThan(1))
  await linked.stop()
  expect(told.filter((name) => name !== 'b.log')).toEqual(['gone.log', 'secret', 'held.log'])
  await rm(home, { recursive: true })
})

it('one that was damaged in the store is added again from where it lies', async () => {
  const a = await makeFilePeer('a')
  await a.start()
  const path = join(a.disk, 'linked.bin')
  await writeFile(path, randomBytes(600_000))
  const [view] = await a.files.sharing.sharePaths([path], { how: 'link', channel: 'course-3' })
  if (view === undefined) throw new Error('no transfer')
  const { cid } = await ended(a, view)
  if (cid === null) throw new Error('no CID')
  const entries = await readdir(a.blocksDir, { recursive: true, withFileTypes: true })
  const blocks = entries.filter((entry) => entry.isFile() && entry.parentPath !== a.blocksDir)
  expect(blocks).toHaveLength(4)
  const [block] = blocks
  await writeFile(join(block?.parentPath ?? '', block?.name ?? ''), 'damaged')
  const read = async ({ signal }: AbortController): Promise<number> => {
    let bytes = 0
    const content = a.files.reader.content(cid, { signal })
    for await (const chunk of content) bytes += chunk.length
    return bytes
  }
  // The first to read it notices.
  const stop = new AbortController()
  const first = read(stop).catch(() => 0)
  a.files.finder.joinChannel('course-3')
  const again = () => a.files.transfers.views().find(({ id }) => id !== view.id)
  await waitFor(() => expect(again()).toMatchObject({ state: 'done', name: 'linked.bin', cid }))
  stop.abort()
  await first
  expect(await read(new AbortController())).toBe(600_000)
  expect(a.files.shares.get(cid)).toMatchObject({ own: true, name: 'linked.bin', channel: 'course-3', local: true })
})
