import { afterEach } from 'vitest'
import type { Stores } from '../state/stores.ts'
import { createFakeSwarm, type FakeInit, type FakeSwarm } from './fake-client.ts'
import { renderApp } from './render.tsx'

/** When the tests of a file begin. */
export const nowMs = Date.now()

let stores: Stores | null = null
afterEach(() => {
  stores?.stop()
  stores = null
})

/** Shows the app at an address, on a swarm of its own; it is stopped after the test. */
export function show(hash: string, init: FakeInit = {}, prepare?: (swarm: FakeSwarm) => void): FakeSwarm {
  const swarm = createFakeSwarm({ nowMs, ...init })
  prepare?.(swarm)
  stores = renderApp(swarm, hash)
  return swarm
}
