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

interface World {
  readonly held: readonly string[]
  readonly kept?: string
  readonly shared?: string
  readonly wanted?: string
  readonly free: number
  readonly quotaBytes?: number
  readonly freesBytes?: boolean
}

/** A disk, and 100 MB copies on it. */
function world(init: World) {
  const hand = { isPutOff: false }
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
      withdraw: (cids) => void withdrawn.push(...cids),
      store: { freesBytes: init.freesBytes ?? true },
      collect: async () => {
        if (hand.isPutOff) return false
        freeBytes += uncollected
        uncollected = 0
        return true
      },
      soon: () => {},
      here: async () => 30 * mb,
      changed: () => {},
      signal: () => signal,
      counters: new Counters(),
      log: silentLog,
      roomAt,
    },
    { storeDir: '/store', quotaBytes: init.quotaBytes ?? null },
  )
  const need = (bytes: number) => room.make({ cid: name('coming'), storeBytes: bytes, file: null })
  return { held, withdrawn, need, room, hand }
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

const many = Array.from({ length: 20 }, (_, n) => `copy ${n}`)

it('what is not freed is not let go of again and again: one fetch lets go of what it needs, the others of nothing', async () => {
  const { held, need, hand } = world({ held: many, free: 0 })
  hand.isPutOff = true
  await Promise.all(
    Array.from({ length: 10 }, () => expect(need(130 * mb)).rejects.toMatchObject({ code: 'DISK_FULL' })),
  )
  expect(held.size).toBe(19)
  // Now it is freed, and that is enough for one; the next needs another.
  hand.isPutOff = false
  await need(130 * mb)
  expect(held.size).toBe(19)
  await need(230 * mb)
  expect(held.size).toBe(18)
})

it('where no collection frees anything nothing is let go of for a full disk', async () => {
  const { held, need } = world({ held: many, free: 0, freesBytes: false })
  await expect(need(130 * mb)).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(held.size).toBe(20)
})

it('one larger than the quota makes no other go: it is refused, but for a folder, or to be kept', async () => {
  const { held, need, room } = world({ held: ['a', 'b'], free: 5_000 * mb, quotaBytes: 250 * mb, kept: 'large' })
  await expect(need(900 * mb)).rejects.toMatchObject({
    code: 'LIMIT_REACHED',
    message: expect.stringContaining('250 MB'),
  })
  await room.make({ cid: name('x'), storeBytes: 900 * mb, file: { dir: '/downloads', bytes: 900 * mb } })
  await room.make({ cid: name('large'), storeBytes: 900 * mb, file: null })
  held.set(name('x'), { sizeBytes: 900 * mb, copy: true })
  room.tidy()
  expect([...held.keys()]).toEqual(['a', 'b'])
})

it('what is here already makes no copy go for the quota', async () => {
  const { held, need, room } = world({ held: ['a', 'b'], free: 5_000 * mb, quotaBytes: 250 * mb })
  await room.make({ cid: name('a'), storeBytes: 100 * mb, file: { dir: '/downloads', bytes: 100 * mb } })
  // 30 MB of it are here.
  await need(80 * mb)
  expect(held.size).toBe(2)
  await need(81 * mb)
  expect([...held.keys()]).toEqual(['b'])
})
