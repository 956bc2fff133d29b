import { CID } from 'multiformats/cid'
import { expect, it } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { Throttle } from '../../base/throttle.ts'
import { NoProviderError, ProviderPool, WrongBlockError, type AskOptions } from './provider-pool.ts'

const cid = CID.parse('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
const [a, b] = ['a', 'b'] as unknown as [PeerId, PeerId]
const signal = new AbortController().signal
const never = (options: { readonly signal: AbortSignal }): Promise<Uint8Array> =>
  new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason as Error)))

function pool(peers: readonly PeerId[], answer: (peer: PeerId, options: AskOptions) => Promise<Uint8Array>) {
  const clock = new FakeClock()
  const asked: PeerId[] = []
  const counters = new Counters()
  const made = new ProviderPool(
    {
      clock,
      counters,
      random: () => 0.5,
      request: (peer, _cid, options) => {
        asked.push(peer)
        return answer(peer, options)
      },
    },
    { candidates: () => peers, stallMs: 10_000 },
  )
  return { clock, asked, counters, pool: made }
}

it('asks the next provider when one fails, and lets that one rest', async () => {
  const world = pool([a, b], async (peer) => {
    if (peer === a) throw new Error('gone')
    return Uint8Array.of(1)
  })
  expect(await world.pool.load(cid, { signal })).toEqual(Uint8Array.of(1))
  await world.pool.load(cid, { signal })
  expect(world.asked).toEqual([a, b, b])
  expect(world.counters.get('files.provider:failed')).toBe(1)
})

it('leaves a provider that sends nothing, after asking it once more', async () => {
  const world = pool([a, b], async (peer, options) => (peer === a ? never(options) : Uint8Array.of(2)))
  const block = world.pool.load(cid, { signal })
  await world.clock.advance(9_999)
  expect(world.asked).toEqual([a, a])
  await world.clock.advance(1)
  expect(await block).toEqual(Uint8Array.of(2))
  expect(world.counters.get('files.provider:stalled')).toBe(1)
})

it('says so when nobody is left, and tries all again when told', async () => {
  let broken = true
  const world = pool([a], async () => {
    if (broken) throw new Error('gone')
    return Uint8Array.of(3)
  })
  await expect(world.pool.load(cid, { signal })).rejects.toThrow(NoProviderError)
  broken = false
  await expect(world.pool.load(cid, { signal })).rejects.toThrow(NoProviderError)
  world.pool.retryAll()
  expect(await world.pool.load(cid, { signal })).toEqual(Uint8Array.of(3))
})

it('spreads blocks over the providers and asks for no more at a time than its limit', async () => {
  const answers: (() => void)[] = []
  const world = pool([a, b], () => new Promise((resolve) => answers.push(() => resolve(Uint8Array.of(4)))))
  const loads = Array.from({ length: 20 }, () => world.pool.load(cid, { signal }))
  await new Promise((resolve) => setImmediate(resolve))
  expect(world.asked.filter((peer) => peer === a)).toHaveLength(4)
  expect(world.asked.filter((peer) => peer === b)).toHaveLength(4)
  for (let n = 0; n < 20; n += 1) {
    answers[n]?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await Promise.all(loads)).toHaveLength(20)
})

it('an abort ends a load that waits', async () => {
  const controller = new AbortController()
  const world = pool([a], (_peer, options) => never(options))
  const load = world.pool.load(cid, { signal: controller.signal })
  controller.abort()
  await expect(load).rejects.toMatchObject({ name: 'AbortError' })
})

it('a provider that sends something else is asked for nothing more, also when all are to be tried again', async () => {
  const world = pool([a, b], async (peer) => {
    if (peer === a) throw new WrongBlockError('another')
    return Uint8Array.of(5)
  })
  await world.pool.load(cid, { signal })
  world.pool.retryAll()
  await world.clock.advance(3_600_000)
  await world.pool.load(cid, { signal })
  expect(world.asked).toEqual([a, b, b])
})

it('bytes that drip in are no progress, bytes that flow are', async () => {
  let drip = (_bytes: number): void => {}
  const world = pool([a], async (_peer, options) => {
    drip = options.onBytes ?? drip
    return never(options)
  })
  const load = world.pool.load(cid, { signal })
  load.catch(() => {})
  for (let n = 0; n < 4; n += 1) {
    drip(20_000)
    await world.clock.advance(8_000)
  }
  expect(world.counters.get('files.provider:stalled')).toBe(0)
  for (let n = 0; n < 4; n += 1) {
    drip(100)
    await world.clock.advance(4_000)
  }
  await expect(load).rejects.toThrow(NoProviderError)
  expect(world.counters.get('files.provider:stalled')).toBe(1)
})

it('a block that one provider owes for long is asked of another that is free', async () => {
  const world = pool([a, b], async (peer, options) => {
    if (peer === a) return never(options)
    await world.clock.sleep(100)
    return Uint8Array.of(6)
  })
  const late = world.pool.load(cid, { signal })
  for (let n = 0; n < 15; n += 1) {
    const other = world.pool.load(cid, { signal })
    other.catch(() => {})
    await world.clock.advance(100)
  }
  expect(await late).toEqual(Uint8Array.of(6))
  expect(world.counters.get('files.provider:slow')).toBeGreaterThan(0)
  expect(world.counters.get('files.provider:stalled')).toBe(0)
})

it('what comes is held to a limit, and what was reserved for a small block is given back', async () => {
  const clock = new FakeClock()
  const down = new Throttle({ clock, limit: () => 256 * 1024 })
  const made = new ProviderPool(
    { clock, counters: new Counters(), random: () => 0.5, down, request: async () => new Uint8Array(10) },
    { candidates: () => [a] },
  )
  await clock.advance(1_000)
  let loaded = 0
  for (let n = 0; n < 10; n += 1) void made.load(cid, { signal }).then(() => (loaded += 1))
  await new Promise((resolve) => setImmediate(resolve))
  for (let n = 0; n < 10; n += 1) await clock.advance(250)
  expect(loaded).toBe(10)
})

it('the last block of all is not waited for when another is free, and a slow one is better than none', async () => {
  let slowMs = 100
  const world = pool([a, b], async (peer, options) => {
    await world.clock.sleep(peer === a ? slowMs : 100, options)
    return Uint8Array.of(peer === a ? 1 : 2)
  })
  const first = world.pool.load(cid, { signal })
  await world.clock.advance(100)
  await first
  slowMs = 9_000
  const last = world.pool.load(cid, { signal })
  for (let n = 0; n < 20; n += 1) await world.clock.advance(100)
  expect(await last).toEqual(Uint8Array.of(2))

  const broken = pool([a, b], async (peer, options) => {
    if (peer === b && slowMs > 100) throw new Error('gone')
    await broken.clock.sleep(slowMs, options)
    return Uint8Array.of(3)
  })
  slowMs = 100
  const warm = broken.pool.load(cid, { signal })
  await broken.clock.advance(100)
  await warm
  slowMs = 3_000
  const only = broken.pool.load(cid, { signal })
  for (let n = 0; n < 80; n += 1) await broken.clock.advance(100)
  expect(await only).toEqual(Uint8Array.of(3))
})

it('a request that hears no abort holds nothing: the block comes from another, and the fetch can be called off', async () => {
  const world = pool([a, b], (peer) => (peer === a ? new Promise(() => {}) : Promise.resolve(Uint8Array.of(7))))
  const block = world.pool.load(cid, { signal })
  await world.clock.advance(10_000)
  expect(await block).toEqual(Uint8Array.of(7))
  const alone = pool([a], () => new Promise(() => {}))
  const stop = new AbortController()
  const load = alone.pool.load(cid, { signal: stop.signal })
  stop.abort()
  await expect(load).rejects.toMatchObject({ name: 'AbortError' })
})

it('large blocks that came without a limit are not paid for when one is set later', async () => {
  const clock = new FakeClock()
  const bandwidth: { limit: number | null } = { limit: null }
  const down = new Throttle({ clock, limit: () => bandwidth.limit })
  const made = new ProviderPool(
    { clock, counters: new Counters(), random: () => 0.5, down, request: async () => new Uint8Array(1024 * 1024) },
    { candidates: () => [a] },
  )
  for (let n = 0; n < 100; n += 1) await made.load(cid, { signal })
  bandwidth.limit = 1_000_000
  let passed = false
  void down.take(1, signal).then(() => (passed = true))
  await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(1_000)
  expect(passed).toBe(true)
})
