import { afterEach, expect, test, vi } from 'vitest'
import { createFakeSwarm, type FakeSwarm } from '../testing/fake-client.ts'
import { fakeMachine, fakeShare } from '../testing/fake-views.ts'
import type { Live } from './live-store.ts'
import { createStores, type Stores } from './stores.ts'
import type { MachineView, ShareView } from '../../shared/views.ts'

const nowMs = 1_800_000_000_000
let stores: Stores | null = null

function open(swarm: FakeSwarm): Stores {
  stores = createStores(swarm.bridge, null)
  stores.start()
  return stores
}

afterEach(() => stores?.stop())

function ready(state: Live<MachineView>): Extract<Live<MachineView>, { phase: 'ready' }> {
  if (state.phase !== 'ready') throw new Error(`the fleet is ${state.phase}`)
  return state
}

test('begins with a snapshot and follows its changes', async () => {
  const swarm = createFakeSwarm({ nowMs, machines: [fakeMachine(1, nowMs), fakeMachine(2, nowMs)] })
  const { fleet } = open(swarm)
  expect(fleet.store.getState().phase).toBe('loading')
  await vi.waitFor(() => expect(ready(fleet.store.getState()).items.size).toBe(2))
  const before = ready(fleet.store.getState()).items
  const [one, two] = swarm.machines.all()
  if (one === undefined || two === undefined) throw new Error('the fake swarm has two machines')
  swarm.machines.put({ ...one, status: 'suspect' })
  await vi.waitFor(() => expect(ready(fleet.store.getState()).items.get(one.peer)?.status).toBe('suspect'))
  expect(ready(fleet.store.getState()).items.get(two.peer)).toBe(before.get(two.peer))
  swarm.machines.remove(two.peer)
  await vi.waitFor(() => expect(ready(fleet.store.getState()).items.has(two.peer)).toBe(false))
})

test('keeps its values when the line is lost, and takes a new snapshot when it is back', async () => {
  const swarm = createFakeSwarm({ nowMs, machines: [fakeMachine(1, nowMs)] })
  const { fleet } = open(swarm)
  await vi.waitFor(() => expect(ready(fleet.store.getState()).current).toBe(true))
  swarm.lose()
  await vi.waitFor(() => expect(ready(fleet.store.getState()).current).toBe(false))
  expect(ready(fleet.store.getState()).items.size).toBe(1)
  swarm.machines.put(fakeMachine(2, nowMs))
  swarm.restore()
  await vi.waitFor(() => expect(ready(fleet.store.getState())).toMatchObject({ current: true }))
  expect(ready(fleet.store.getState()).items.size).toBe(2)
})

test('20,000 files come in parts, break off in the middle, and are whole after the line is back', async () => {
  const shares = Array.from({ length: 20_000 }, (_, index) => fakeShare(index, nowMs))
  const swarm = createFakeSwarm({ nowMs, machines: [], shares })
  const { files } = open(swarm)
  const of = (): Extract<Live<ShareView>, { phase: 'ready' }> | null => {
    const state = files.store.getState()
    return state.phase === 'ready' ? state : null
  }
  const undo = files.store.subscribe(() => {
    if ((of()?.left ?? 0) === 0) return
    undo()
    swarm.lose()
  })
  await vi.waitFor(() => expect(of()?.current).toBe(false))
  expect(of()?.items.size).toBeLessThan(20_000)
  const [first] = of()?.items.keys() ?? []
  if (first === undefined) throw new Error('a part has come')
  swarm.shares.remove(first)
  swarm.restore()
  await vi.waitFor(() => expect(of()).toMatchObject({ current: true, left: 0 }), { timeout: 20_000 })
  expect([of()?.items.size, of()?.items.has(first)]).toEqual([19_999, false])
})

test('says what failed, and is ready after a retry', async () => {
  const swarm = createFakeSwarm({ nowMs, machines: [fakeMachine(1, nowMs)] })
  swarm.failing.set('fleet.watch', 'the database is locked')
  const { fleet } = open(swarm)
  await vi.waitFor(() =>
    expect(fleet.store.getState()).toMatchObject({ phase: 'failed', problem: { message: 'the database is locked' } }),
  )
  swarm.failing.clear()
  fleet.retry()
  await vi.waitFor(() => expect(ready(fleet.store.getState()).items.size).toBe(1))
})

test('leaves no stream open after it was stopped', async () => {
  const swarm = createFakeSwarm({ nowMs, machines: [fakeMachine(1, nowMs)] })
  const { fleet, stop } = open(swarm)
  await vi.waitFor(() => expect(swarm.machines.watched).toBe(1))
  stop()
  await vi.waitFor(() => expect(swarm.machines.watched).toBe(0))
  expect(ready(fleet.store.getState()).items.size).toBe(1)
})
