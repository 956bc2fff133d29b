import { expect, it } from 'vitest'
import type { DiskRoom } from './disk-room.ts'
import { ShareRoom } from './share-room.ts'

const { signal } = new AbortController()

function roomOf(place: DiskRoom | null, store: DiskRoom | null, free = (): void => {}) {
  const room = new ShareRoom({
    roomAt: async () => place,
    storeRoom: async () => store,
    freeRoom: async () => {
      free()
      return true
    },
  })
  return (sizeBytes: number, work = async (): Promise<void> => {}, doneBytes = () => 0): Promise<void> =>
    room.run({ name: 'a.bag', sizeBytes, shareDir: '/logs', doneBytes }, work, { signal })
}

it('on one disk a file takes its room twice', async () => {
  const disk = { device: 1, freeBytes: 2_000 }
  const fit = roomOf(disk, disk)
  await fit(1_000)
  await expect(fit(1_001)).rejects.toMatchObject({ code: 'DISK_FULL', detail: { missingBytes: 2 } })
})

it('on two disks it must fit on each', async () => {
  const [small, large] = [
    { device: 1, freeBytes: 900 },
    { device: 2, freeBytes: 5_000 },
  ]
  await roomOf(small, large)(900)
  await expect(roomOf(small, large)(1_000)).rejects.toMatchObject({ detail: { missingBytes: 100 } })
  await expect(roomOf(large, small)(1_000)).rejects.toMatchObject({ detail: { missingBytes: 100 } })
})

it('what is needed no more makes room, when there is none', async () => {
  const disk = { device: 1, freeBytes: 2_000 }
  let asked = 0
  const fit = roomOf(disk, disk, () => {
    asked += 1
    disk.freeBytes = 3_000
  })
  await fit(1_000)
  expect(asked).toBe(0)
  await fit(1_500)
  expect(asked).toBe(1)
  await expect(fit(1_501)).rejects.toMatchObject({ detail: { missingBytes: 2 } })
})

it('what others were promised, and has not come, is not promised again', async () => {
  const disk = { device: 1, freeBytes: 3_000 }
  const fit = roomOf(disk, disk)
  const end = Promise.withResolvers<void>()
  let doneBytes = 0
  const results = Promise.allSettled([
    fit(
      1_000,
      () => end.promise,
      () => doneBytes,
    ),
    fit(1_000),
  ])
  await expect(fit(1_000)).rejects.toMatchObject({ detail: { missingBytes: 1_000 } })
  // Half of it lies on the disk.
  doneBytes = 500
  disk.freeBytes = 2_000
  await fit(500)
  await expect(fit(501)).rejects.toMatchObject({ code: 'DISK_FULL' })
  end.resolve()
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  disk.freeBytes = 2_000
  await fit(1_000)
})

it('where the system does not tell, it is tried', async () => {
  await roomOf(null, null)(1e15)
  await expect(roomOf(null, { device: 1, freeBytes: 900 })(1_000)).rejects.toMatchObject({ code: 'DISK_FULL' })
})
