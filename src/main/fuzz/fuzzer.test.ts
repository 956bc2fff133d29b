import { expect, it } from 'vitest'
import { bytesOf, fuzz, FuzzFailure } from './fuzzer.ts'

const seeds = [Buffer.from('a valid input')]
const run = (decode: (input: Uint8Array) => unknown, more = {}) =>
  fuzz({ name: 'it', seeds, decode, ...more }, { ms: 300, seed: 1 })

it('finds what throws, what is slow and what makes much of little', async () => {
  await expect(
    run((input) => {
      if (input.length > 20) throw new RangeError('too long')
    }),
  ).rejects.toThrow('it threw upon')
  await expect(
    run((input) => {
      const endMs = performance.now() + (input.length > 20 ? 60 : 0)
      while (performance.now() < endMs);
    }),
  ).rejects.toThrow('it took')
  await expect(run((input) => (input.length > 20 ? new Uint8Array(9_000_000) : null))).rejects.toThrow(FuzzFailure)
  await expect(run(() => null, { isTaken: () => false })).rejects.toThrow('none of its valid inputs')
})

it('goes on with what is taken, and gives the same inputs for the same seed', async () => {
  const seen: string[][] = []
  for (let time = 0; time < 2; time += 1) {
    const inputs: string[] = []
    seen.push(inputs)
    const see = (input: Uint8Array): void => {
      const hex = Buffer.from(input).toString('hex')
      // One that took long is run once more, which a busy machine may cause at any of them.
      if (inputs.at(-1) !== hex) inputs.push(hex)
    }
    await run(see, { isTaken: () => true })
  }
  const [one = [], two = []] = seen
  const length = Math.min(one.length, two.length)
  expect(length).toBeGreaterThan(100)
  expect(one.slice(0, length)).toEqual(two.slice(0, length))
})

it('measures what an output holds', () => {
  expect(bytesOf({ a: [new Uint8Array(1_000), 'x'.repeat(500)] }, 1e6)).toBeGreaterThan(1_500)
  const loop: unknown[] = []
  loop.push(loop)
  expect(bytesOf(loop, 1e6)).toBeLessThan(100)
})
