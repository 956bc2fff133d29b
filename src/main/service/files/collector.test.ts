import { afterEach, expect, it, vi } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { Collector, type CollectorDeps } from './collector.ts'

const clock = new FakeClock()
const counters = new Counters()
let answer: () => Promise<{ freedBlocks: number; freedBytes: number; keptBlocks: number } | null>
let calls = 0
const collector = new Collector({
  store: {
    collect: () => {
      calls += 1
      return answer()
    },
  },
  kept: () => ({ whole: new Map(), partial: [] }),
  clock,
  counters,
  log: silentLog,
})
afterEach(() => collector.stop())

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('collects a minute after the start and after a withdrawal, seldom when it takes long, again when it failed', async () => {
  answer = async () => ({ freedBlocks: 2, freedBytes: 500, keptBlocks: 1 })
  await collector.start()
  await collector.start()
  await settled()
  await clock.advance(59_000)
  expect(calls).toBe(0)
  await clock.advance(2_000)
  expect(calls).toBe(1)
  expect(counters.get('files.collect:bytes')).toBe(500)
  await clock.advance(3_600_000)
  expect(calls).toBe(1)

  answer = async () => {
    await clock.sleep(10_000)
    return { freedBlocks: 0, freedBytes: 0, keptBlocks: 1 }
  }
  collector.soon()
  collector.soon()
  await settled()
  await clock.advance(70_000)
  expect(calls).toBe(2)
  collector.soon()
  await settled()
  await clock.advance(180_000)
  // Ten seconds of work earn 190 of rest.
  expect(calls).toBe(2)
  answer = () => Promise.reject(new Error('the card is gone'))
  await clock.advance(20_000)
  expect(calls).toBe(3)
  await vi.waitFor(() => expect(counters.get('files.collect:failed')).toBe(1))
  await clock.advance(61_000)
  expect(calls).toBe(4)
  await collector.stop()
  await clock.advance(3_600_000)
  expect(calls).toBe(4)
})

it('who is in a hurry does not wait for its time, and is told when a collection that began since then is done', async () => {
  const hurried = new FakeClock()
  let runs = 0
  let finish = (): void => {}
  const urgent = new Collector({
    store: {
      collect: async () => {
        runs += 1
        await new Promise<void>((resolve) => (finish = resolve))
        return { freedBlocks: 0, freedBytes: 0, keptBlocks: 0 }
      },
    },
    kept: () => ({ whole: new Map(), partial: [] }),
    clock: hurried,
    counters: new Counters(),
    log: silentLog,
  })
  const { signal } = new AbortController()
  await urgent.start()
  await settled()
  let done = 0
  void urgent.now({ signal }).then(() => (done += 1))
  await settled()
  expect(runs).toBe(1)
  void urgent.now({ signal }).then(() => (done += 1))
  finish()
  await vi.waitFor(() => expect(runs).toBe(2))
  expect(done).toBe(1)
  void urgent.now({ signal }).then(() => (done += 1))
  finish()
  await vi.waitFor(() => expect(done).toBe(2))
  const stopped = urgent.stop()
  await vi.waitFor(() => expect(runs).toBe(3))
  finish()
  await stopped
  await vi.waitFor(() => expect(done).toBe(3))
  await urgent.now({ signal })
})

it('who waits for a collection is not kept waiting when the collector stops, or when it is given up', async () => {
  const waits: CollectorDeps['store']['collect'] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')))
    })
  const stopped = new Collector({
    store: { collect: waits },
    kept: () => ({ whole: new Map(), partial: [] }),
    clock: new FakeClock(),
    counters: new Counters(),
    log: silentLog,
  })
  await stopped.start()
  const { signal } = new AbortController()
  const first = stopped.now({ signal })
  await settled()
  const second = stopped.now({ signal })
  const giveUp = new AbortController()
  const third = stopped.now({ signal: giveUp.signal })
  giveUp.abort(new Error('given up'))
  await expect(third).rejects.toThrow('given up')
  await stopped.stop()
  await Promise.all([first, second])
})
