import { expect, test } from 'vitest'
import { createStore } from 'zustand/vanilla'
import type { TransferView } from '../../shared/views.ts'
import { fakeTransfer } from '../testing/fake-views.ts'
import { createGroupTallies } from './group-tally.ts'
import type { Live } from './live-store.ts'

const nowMs = 1_800_000_000_000
const group = { id: 'g', name: 'run-17' }

function live(...transfers: readonly TransferView[]): Live<TransferView> {
  return { phase: 'ready', items: new Map(transfers.map((one) => [one.id, one])), current: true, left: 0 }
}

const done = (index: number): TransferView =>
  fakeTransfer(index, nowMs, { group, state: 'done', sizeBytes: 10, doneBytes: 10, endedAtMs: nowMs })
const running = fakeTransfer(9, nowMs, { group })

test('counts those of a group that were done and left the list', () => {
  const store = createStore<Live<TransferView>>(() => live(done(1), done(2), running))
  const tallies = createGroupTallies(store)
  tallies.start()
  store.setState(live(done(2), running), true)
  store.setState(live(running), true)
  expect(tallies.store.getState().get('g')).toEqual({ doneFiles: 2, doneBytes: 20 })
  // The last of them leaves: the group is over and is forgotten with the next that is counted.
  store.setState(live(), true)
  expect(tallies.store.getState().get('g')).toEqual({ doneFiles: 2, doneBytes: 20 })
  tallies.stop()
})

test('those that failed or were cleared with their whole group are not counted', () => {
  const failed = fakeTransfer(3, nowMs, { group, state: 'failed', endedAtMs: nowMs })
  const store = createStore<Live<TransferView>>(() => live(done(1), failed))
  const tallies = createGroupTallies(store)
  tallies.start()
  store.setState(live(), true)
  expect(tallies.store.getState().size).toBe(0)
  tallies.stop()
})
