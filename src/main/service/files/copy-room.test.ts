import { expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { beyond, CopyRoom } from './copy-room.ts'
import { spareBytes, type DiskRoom } from './disk-room.ts'
import type { IndexedFile } from './share-index.ts'

const mb = 1_000_000
const name = (text: string): Cid => text as Cid
const copy = (text: string, sizeBytes: number, usedAtMs: number) => ({ cid: name(text), sizeBytes, usedAtMs })

it.each([
  ['nothing while all fits', 300, 0, []],
  ['who was of no use for longest', 250, 0, ['old']],
  ['as many as it takes', 100, 0, ['old', 'middle']],
  ['more when something is to come', 300, 150, ['old', 'middle']],
  ['all when nothing may stay', 0, 0, ['old', 'middle', 'new']],
])('beyond a limit goes %s', (_, limit, coming, gone) => {
  const copies = [copy('new', 100, 9), copy('old', 100, 1), copy('middle', 100, 5)]
  expect(beyond(copies, limit, coming).map(({ cid }) => cid)).toEqual(gone)
})

function world(init: { held: readonly string[]; kept?: string; shared?: string; wanted?: string; free: number }) {
  const held = new Map(init.held.map((cid) => [name(cid), { sizeBytes: 100 * mb, copy: true }]))
  const withdrawn: Cid[] = []
  let freeBytes = init.free + spareBytes
  let uncollected = 0
  const roomAt = async (): Promise<DiskRoom> => ({ device: 1, freeBytes })
  const shared = init.shared === undefined ? [] : [['/x', { cid: name(init.shared) } as IndexedFile] as const]
  const { signal } = new AbortController()
  const room = new CopyRoom(
    {
      index: {
        held,
        files: new Map(shared),
        dropHeld: (cid) => {
          uncollected += held.get(cid)?.sizeBytes ?? 0
          held.delete(cid)
        },
        changed: () => {},
      },
      copies: {
        isKept: (cid) => cid === init.kept,
        usedAtMs: (cid) => init.held.indexOf(cid),
        forget: () => {},
      },
      wanted: () => (init.wanted === undefined ? [] : [name(init.wanted)]),
      withdraw: (cid) => void withdrawn.push(cid),
      collect: async () => {
        freeBytes += uncollected
        uncollected = 0
      },
      soon: () => {},
      here: async () => 30 * mb,
      changed: () => {},
      signal: () => signal,
      counters: new Counters(),
      log: silentLog,
      roomAt,
    },
    { storeDir: '/store', quotaBytes: null },
  )
  const need = (bytes: number) => room.make({ cid: name('coming'), storeBytes: bytes, file: null })
  return { held, withdrawn, need, room }
}

it('makes room on a full disk with as many old copies as it takes, and says that they are gone', async () => {
  const { held, withdrawn, need } = world({ held: ['a', 'b', 'c'], free: 50 * mb })
  await need(200 * mb)
  // 30 MB of it are here, so 120 are missing.
  expect(withdrawn).toEqual(['a', 'b'])
  expect([...held.keys()]).toEqual(['c'])
})

it('touches nothing that is kept, shared or on its way, and says how much is missing', async () => {
  const { held, need } = world({ held: ['a', 'b', 'c'], kept: 'a', shared: 'b', wanted: 'c', free: 50 * mb })
  await expect(need(200 * mb)).rejects.toMatchObject({ code: 'DISK_FULL', detail: { missingBytes: 120 * mb } })
  await expect(need(200 * mb)).rejects.toThrow('120 MB more are needed')
  expect(held.size).toBe(3)
})

it('lets go of nothing when that would not be enough', async () => {
  const { held, need } = world({ held: ['a'], free: 0 })
  await expect(need(5_000 * mb)).rejects.toThrow('5.0 GB more are needed')
  expect(held.size).toBe(1)
})

it('a file and its blocks on one file system need room twice', async () => {
  const { room } = world({ held: [], free: 150 * mb })
  const file = { dir: '/downloads', bytes: 100 * mb }
  await expect(room.make({ cid: name('x'), storeBytes: 100 * mb, file })).rejects.toMatchObject({ code: 'DISK_FULL' })
  await expect(room.make({ cid: name('x'), storeBytes: 100 * mb, file: null })).resolves.toBeUndefined()
})
