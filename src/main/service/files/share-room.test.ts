import { expect, it } from 'vitest'
import type { DiskRoom } from './disk-room.ts'
import { mustFit } from './share-room.ts'

const fit = (sizeBytes: number, place: DiskRoom | null, store: DiskRoom | null, free = () => {}): Promise<void> =>
  mustFit(
    { name: 'a.bag', sizeBytes, shareDir: '/logs' },
    {
      roomAt: async () => place,
      storeRoom: async () => store,
      freeRoom: async () => {
        free()
        return true
      },
    },
    { signal: new AbortController().signal },
  )

it('on one disk a file takes its room twice', async () => {
  const disk = { device: 1, freeBytes: 2_000 }
  await fit(1_000, disk, disk)
  await expect(fit(1_001, disk, disk)).rejects.toMatchObject({ code: 'DISK_FULL', detail: { missingBytes: 2 } })
})

it('on two disks it must fit on each', async () => {
  const [small, large] = [
    { device: 1, freeBytes: 900 },
    { device: 2, freeBytes: 5_000 },
  ]
  await fit(900, small, large)
  await expect(fit(1_000, small, large)).rejects.toMatchObject({ detail: { missingBytes: 100 } })
  await expect(fit(1_000, large, small)).rejects.toMatchObject({ detail: { missingBytes: 100 } })
})

it('what is needed no more makes room, when there is none', async () => {
  const disk = { device: 1, freeBytes: 2_000 }
  let asked = 0
  const free = (): void => {
    asked += 1
    disk.freeBytes = 3_000
  }
  await fit(1_000, disk, disk, free)
  expect(asked).toBe(0)
  await fit(1_500, disk, disk, free)
  expect(asked).toBe(1)
  await expect(fit(1_501, disk, disk, free)).rejects.toMatchObject({ detail: { missingBytes: 2 } })
})

it('where the system does not tell, it is tried', async () => {
  await fit(1e15, null, null)
  await expect(fit(1_000, null, { device: 1, freeBytes: 900 })).rejects.toMatchObject({ code: 'DISK_FULL' })
})
