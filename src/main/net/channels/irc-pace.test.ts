import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { IrcPace } from './irc-pace.ts'

test('waiting for a slow server leaves no listener behind', async () => {
  const pace = new IrcPace(new FakeClock(), { burst: 1_000, everyMs: 1 })
  const { signal } = new AbortController()
  const heard = (): Promise<void> => setImmediate()
  for (let line = 0; line < 200; line += 1) await pace.next(heard, signal)
  const slow = (): Promise<void> => setImmediate().then(() => setImmediate())
  for (let line = 0; line < 200; line += 1) await pace.next(slow, signal)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
