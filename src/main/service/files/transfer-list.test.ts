import { expect, it } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import { FakeClock } from '../../base/clock.ts'
import { TransferList } from './transfer-list.ts'

function list(maxEnded?: number) {
  const clock = new FakeClock()
  const told: string[] = []
  const forgotten: string[] = []
  const transfers = new TransferList(
    {
      clock,
      changed: ({ view }) => told.push(`${view.state} ${view.doneBytes}`),
      forgot: (ids) => forgotten.push(...ids),
    },
    maxEnded === undefined ? {} : { maxEnded },
  )
  return { clock, told, forgotten, transfers }
}

it('tells speed and time left from what came lately', async () => {
  const { clock, transfers } = list()
  const transfer = transfers.add('fetch', 'x', { cid: null, sizeBytes: 100_000 })
  transfer.set({ state: 'running' })
  for (let n = 0; n < 40; n += 1) {
    await clock.advance(250)
    transfer.advance(1_000)
  }
  expect(transfer.view.bytesPerS).toBeCloseTo(4_000, -2)
  expect(transfer.view.remainingMs).toBeCloseTo(15_000, -3)
  await clock.advance(30_000)
  expect(transfer.view.bytesPerS).toBeLessThan(10)
})

it('tells progress a few times a second, and every change of state', async () => {
  const { clock, told, transfers } = list()
  const transfer = transfers.add('fetch', 'x', { cid: null, sizeBytes: 1_000 })
  transfer.set({ state: 'running' })
  for (let n = 0; n < 1_000; n += 1) {
    await clock.advance(1)
    transfer.advance(1)
  }
  transfer.done()
  expect(told.length).toBeLessThan(10)
  expect(told.at(-1)).toBe('done 1000')
})

it('remembers so many ended ones, and all that run', () => {
  const { transfers } = list(2)
  const running = transfers.add('fetch', 'running', { cid: null, sizeBytes: null })
  for (const name of ['a', 'b', 'c', 'd']) transfers.add('share', name, { cid: null, sizeBytes: 1 }).done()
  transfers.add('share', 'e', { cid: null, sizeBytes: 1 })
  expect(transfers.all().map(({ view }) => view.name)).toEqual(['running', 'c', 'd', 'e'])
  running.cancel()
  expect(running.signal.aborted).toBe(true)
})

it('an end stays as it was: a cancel that comes late changes nothing', async () => {
  const { transfers } = list()
  const transfer = transfers.add('fetch', 'x', { cid: null, sizeBytes: 1 })
  transfer.fail(new SwarmError('DISK_FULL', 'The disk is full.'))
  transfer.cancel()
  transfer.done()
  expect(await transfer.ended).toMatchObject({
    state: 'failed',
    error: { code: 'DISK_FULL', message: 'The disk is full.' },
  })
})

it('asks the worker of a transfer to hold it and to go on, and says when it cannot', () => {
  const { transfers } = list()
  const { id } = transfers.add('share', 'x', { cid: null, sizeBytes: 1 })
  expect(() => transfers.pause(id)).toThrow(/"x" cannot be held/)
  const transfer = transfers.get(id)
  if (transfer === undefined) throw new Error('it is gone')
  const asked: string[] = []
  transfer.control = {
    pause: () => transfer.set({ state: 'paused' }),
    resume: () => asked.push('resume'),
    prioritised: () => asked.push(transfer.view.priority),
  }
  expect(transfers.resume(id).state).toBe('waiting')
  expect(asked).toEqual([])
  expect(transfers.pause(id).state).toBe('paused')
  expect(transfers.setPriority(id, 'high').priority).toBe('high')
  transfers.resume(id)
  expect(asked).toEqual(['high', 'resume'])
  expect(() => transfers.pause('no-such')).toThrow(/No transfer "no-such"/)
})

it('one that has failed is tried again under the same id, from nothing', async () => {
  const { transfers } = list()
  const transfer = transfers.add('share', 'x', { cid: null, sizeBytes: 2 })
  transfer.control = { resume: () => transfer.reopen() }
  transfer.advance(1)
  transfer.fail(new SwarmError('DISK_FULL', 'The disk is full.'))
  expect(transfers.resume(transfer.id)).toMatchObject({ state: 'waiting', error: null, endedAtMs: null, doneBytes: 0 })
  transfer.done()
  expect(await transfer.ended).toMatchObject({ state: 'done' })
  expect(transfers.resume(transfer.id).state).toBe('done')
})

it('a group has its own id as its group', () => {
  const { transfers } = list()
  const { view } = transfers.addGroup('share', 'run-17', { sizeBytes: 10 })
  expect(view.group).toEqual({ id: view.id, name: 'run-17' })
})

it('those that have ended can be cleared, and whoever shows them is told', () => {
  const { transfers, forgotten } = list()
  const ended = transfers.add('fetch', 'x', { cid: null, sizeBytes: 1 })
  const under = transfers.add('fetch', 'y', { cid: null, sizeBytes: 1 })
  ended.done()
  transfers.clearEnded()
  expect(transfers.views().map(({ name }) => name)).toEqual(['y'])
  expect(transfers.view(ended.id)).toBeUndefined()
  transfers.clearEnded()
  transfers.forget(under.id)
  expect(forgotten).toEqual([ended.id, under.id])
})
