import { expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LinkWatch, type WatchedLink } from './link-watch.ts'

type Answer = 'at once' | 'never' | 'error'

/** A link whose other side behaves as the test says. */
class TestLink implements WatchedLink {
  readonly id = 'one'
  readonly peer = 'robot'
  sending = false
  answer: Answer = 'at once'
  pings = 0
  isCut = false
  ping({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.pings += 1
    if (this.answer === 'at once') return Promise.resolve()
    if (this.answer === 'error') return Promise.reject(new Error('the stream could not be opened'))
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  }
  cut(): void {
    this.isCut = true
  }
}

async function watching(clock: FakeClock = new FakeClock()) {
  const link = new TestLink()
  const counters = new Counters()
  const watch = new LinkWatch({ links: () => (link.isCut ? [] : [link]), clock, counters, log: silentLog })
  onTestFinished(() => watch.stop())
  await watch.start()
  return { link, clock, counters, watch }
}

test('a link that answers stays, and is asked every few seconds', async () => {
  const { link, clock } = await watching()
  await clock.advance(60_000)
  expect(link.isCut).toBe(false)
  expect(link.pings).toBeGreaterThan(8)
  expect(link.pings).toBeLessThan(14)
})

test.each(['never', 'error'] as const)('a link that answers %s is cut after 15 s, not before', async (answer) => {
  const { link, clock, counters } = await watching()
  await clock.advance(10_000)
  link.answer = answer
  await clock.advance(13_000)
  expect(link.isCut).toBe(false)
  await clock.advance(9_000)
  expect(link.isCut).toBe(true)
  expect(counters.get('links.cut:silent')).toBe(1)
})

test('one that answers late is let be', async () => {
  const { link, clock } = await watching()
  for (let i = 0; i < 6; i += 1) {
    link.answer = 'error'
    await clock.advance(12_000)
    link.answer = 'at once'
    await clock.advance(6_000)
  }
  expect(link.isCut).toBe(false)
})

test('data that waits to leave buys time, not for ever', async () => {
  const { link, clock } = await watching()
  link.answer = 'never'
  link.sending = true
  await clock.advance(40_000)
  expect(link.isCut).toBe(false)
  await clock.advance(10_000)
  expect(link.isCut).toBe(true)
})

test('our own slowness cuts nobody: a look that comes a minute late counts as one', async () => {
  /** Every sleep takes a minute longer than asked for, as in a process that gets no processor. */
  class SlowClock extends FakeClock {
    override sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
      return super.sleep(ms + 60_000, options)
    }
  }
  const { link, clock } = await watching(new SlowClock())
  link.answer = 'never'
  await clock.advance(10 * 61_000)
  expect(link.pings).toBe(1)
  expect(link.isCut).toBe(false)
  await clock.advance(10 * 61_000)
  expect(link.isCut).toBe(true)
})

test('stop ends a ping that waits', async () => {
  const { link, clock, watch } = await watching()
  link.answer = 'never'
  await clock.advance(3_000)
  await watch.stop()
  await clock.advance(60_000)
  expect(link.pings).toBe(1)
  expect(link.isCut).toBe(false)
})
