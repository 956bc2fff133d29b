import { expect, test } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { VainPushes } from './vain-pushes.ts'

const [member, stranger] = ['member' as PeerId, 'stranger' as PeerId]

function make() {
  const clock = new FakeClock()
  const vain = new VainPushes({ clock, isStranger: (peer) => peer === stranger })
  /** How long it takes until so many records that were all refused are answered. */
  const restedMs = async (peer: PeerId, refused: number): Promise<number> => {
    const startMs = clock.monotonic()
    let done = false
    const rest = vain.rest(peer, { known: 0, refused }).then(() => (done = true))
    await Promise.resolve()
    for (let step = 0; !done && step < 1_000; step += 1) await clock.advance(10)
    await rest
    return clock.monotonic() - startMs
  }
  return { clock, vain, restedMs }
}

test('who hands over what is not new is answered at once for a while, then as fast as its share grows', async () => {
  const { clock, restedMs } = make()
  expect(await restedMs(stranger, 900)).toBeLessThanOrEqual(10)
  expect(await restedMs(stranger, 110)).toBeGreaterThan(500)
  // Longer than any other side would wait nobody rests.
  expect(await restedMs(stranger, 10_000)).toBeLessThanOrEqual(5_010)
  expect(await restedMs(member, 9_000)).toBeLessThanOrEqual(10)
  await clock.advance(120_000)
  expect(await restedMs(stranger, 900)).toBeLessThanOrEqual(10)
})

test('a crowd of neighbours does not fill the memory', async () => {
  const { vain } = make()
  for (let i = 0; i < 1_100; i += 1) await vain.rest(`peer${i}` as PeerId, { known: 1, refused: 0 })
  expect(vain.size).toBe(1_000)
})
