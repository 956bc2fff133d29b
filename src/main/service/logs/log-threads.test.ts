import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { LogInspector } from './log-inspector.ts'
import { LogThreads, type LogThreadsInit } from './log-threads.ts'

const workerUrl = new URL('./testing/odd-worker.ts', import.meta.url)
const counters = new Counters()
let threads: LogThreads
afterEach(() => threads.stop())

function start(init: Partial<LogThreadsInit> = {}, clock = systemClock as typeof systemClock | FakeClock): LogThreads {
  threads = new LogThreads(
    { clock, counters, log: silentLog },
    { threads: 1, maxWaiting: 4, deadlineMs: 20_000, workerUrl, ...init },
  )
  threads.start()
  return threads
}

const job = (name: string) => ({ kind: 'inspect', path: '/x', name, mediaType: '' }) as const

it('a file that hangs its thread, eats its memory or kills it takes nobody with it', async () => {
  // The time is the test's own: a busy machine must not make a file late.
  const clock = new FakeClock()
  start({ heapMiB: 24 }, clock)
  const jobs = ['hang', 'fine', 'die', 'throw', 'eat']
  const outcomes: string[] = []
  for (const name of jobs) {
    const outcome = threads.run(job(name)).then(
      ({ problem }) => `answer: ${problem}`,
      (error: { readonly reason: string }) => error.reason,
    )
    if (name === 'hang') await clock.advance(20_001)
    outcomes.push(await outcome)
  }
  expect(outcomes).toEqual(['late', 'answer: fine', 'died', 'died', 'died'])
  expect((await threads.run(job('again'))).problem).toBe('again')
  expect(threads.threads).toBe(1)
}, 60_000)

it('files wait for each other, and too many are turned away', async () => {
  start({ deadlineMs: 60_000 })
  const hanging = threads.run(job('never'))
  const waiting = [1, 2, 3, 4].map((n) => threads.run(job(`w${n}`)))
  await expect(threads.run(job('w5'))).rejects.toMatchObject({ reason: 'busy' })
  const told = [hanging, ...waiting].map((one) => expect(one).rejects.toMatchObject({ reason: 'stopped' }))
  await threads.stop()
  await Promise.all(told)
  await expect(threads.run(job('late'))).rejects.toMatchObject({ reason: 'stopped' })
})

it('whoever calls off frees the thread for who waits', async () => {
  const clock = new FakeClock()
  start({}, clock)
  const stop = new AbortController()
  const first = threads.run(job('never'), { signal: stop.signal })
  const waiting = new AbortController()
  const second = threads.run(job('never'), { signal: waiting.signal })
  const third = threads.run(job('third'))
  waiting.abort(new Error('not wanted'))
  await expect(second).rejects.toThrow('not wanted')
  stop.abort(new Error('changed my mind'))
  await expect(first).rejects.toThrow('changed my mind')
  // It does not answer, so it is ended after a second.
  await clock.advance(1_001)
  expect((await third).problem).toBe('third')
  await expect(threads.run(job('x'), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
})

it('a thread without work is ended after a while, and started again when there is some', async () => {
  const clock = new FakeClock()
  start({ idleMs: 5_000 }, clock)
  await threads.run(job('one'))
  expect(threads.threads).toBe(1)
  await clock.advance(5_001)
  await vi.waitFor(() => expect(threads.threads).toBe(0), { timeout: 20_000 })
  expect((await threads.run(job('two'))).problem).toBe('two')
})

it('an inspection never throws: what the file did is told, what was called off is not', async () => {
  const clock = new FakeClock()
  const inspector = new LogInspector({ clock, counters, log: silentLog }, { workerUrl })
  expect(await inspector.inspectFile('/x', { name: 'fine', mediaType: '' })).toBeNull()
  await inspector.start()
  const hanging = inspector.inspectFile('/x', { name: 'hang', mediaType: '' })
  await clock.advance(20_001)
  expect(await hanging).toMatchObject({
    whole: false,
    problem: 'It could not be looked into: it took longer than 20 s.',
  })
  expect(await inspector.inspectFile('/x', { name: 'die', mediaType: '' })).toMatchObject({ whole: false })
  const stop = new AbortController()
  const off = inspector.inspectFile('/x', { name: 'never', mediaType: '', signal: stop.signal })
  stop.abort()
  expect(await off).toBeNull()
  await inspector.stop()
  await inspector.stop()
}, 60_000)

it('the end of a log is taken of the file itself, never through a link in its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-threads-'))
  writeFileSync(join(folder, 'token'), 'secret\n')
  symlinkSync(join(folder, 'token'), join(folder, 'ros.log'))
  threads = new LogThreads(
    { clock: systemClock, counters, log: silentLog },
    { threads: 1, maxWaiting: 4, deadlineMs: 20_000 },
  )
  threads.start()
  const tail = { kind: 'tail', name: 'ros.log', backMs: 1_000, skipMs: 0, maxBytes: 1_000, about: [] } as const
  const run = (path: string) => threads.run({ ...tail, path: join(folder, path), to: join(folder, 'to') })
  await expect(run('ros.log')).rejects.toMatchObject({ reason: 'failed', message: expect.stringContaining('ELOOP') })
  expect(existsSync(join(folder, 'to'))).toBe(false)
  expect(await run('token')).toMatchObject({ bytes: 7 })
  rmSync(folder, { recursive: true })
})
