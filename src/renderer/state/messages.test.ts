import { afterEach, expect, test, vi } from 'vitest'
import { createFakeSwarm } from '../testing/fake-client.ts'
import { fakeMessage } from '../testing/fake-network.ts'
import { createMessages, maxMessages, noMessageFilter, type MessagesStore } from './messages.ts'

const nowMs = 1_800_000_000_000
let stream: MessagesStore | null = null

afterEach(() => stream?.stop())

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, i) => fakeMessage(from + i, nowMs))

function open(swarm: ReturnType<typeof createFakeSwarm>): MessagesStore {
  stream = createMessages(swarm.bridge, noMessageFilter)
  stream.start()
  return stream
}

test('keeps the newest of a flood and no more, shown or waiting', async () => {
  const swarm = createFakeSwarm({ nowMs, messages: numbers(10) })
  const { store, ...act } = open(swarm)
  await vi.waitFor(() => expect(store.getState().shown).toHaveLength(10))
  swarm.air.messages.put(...numbers(maxMessages + 500, 11))
  await vi.waitFor(() => expect(store.getState().shown.at(-1)?.no).toBe(maxMessages + 510))
  expect(store.getState().shown).toHaveLength(maxMessages)
  act.pause()
  swarm.air.messages.put(...numbers(maxMessages + 7, 10_000))
  await vi.waitFor(() => expect(store.getState().waiting).toHaveLength(maxMessages))
  expect(store.getState().missed).toBe(7)
  act.resume()
  expect(store.getState().shown).toHaveLength(maxMessages)
})

test('shows none twice when the line comes back, and begins anew with a peer that did', async () => {
  const swarm = createFakeSwarm({ nowMs, messages: numbers(5) })
  const { store } = open(swarm)
  await vi.waitFor(() => expect(store.getState().shown).toHaveLength(5))
  swarm.lose()
  await vi.waitFor(() => expect(store.getState().current).toBe(false))
  swarm.air.messages.put(...numbers(2, 6))
  swarm.restore()
  await vi.waitFor(() => expect(store.getState().shown.map((one) => one.no)).toEqual([1, 2, 3, 4, 5, 6, 7]))
  swarm.lose()
  swarm.air.messages.remove(...numbers(7).map((one) => String(one.no)))
  swarm.air.messages.put(...numbers(2))
  swarm.restore()
  await vi.waitFor(() => expect(store.getState().shown.map((one) => one.no)).toEqual([1, 2]))
})
