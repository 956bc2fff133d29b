import { afterEach, beforeEach } from 'vitest'
import { FakeClock } from '../../../base/clock.ts'
import { TrustPeer, type TrustPeerInit } from './trust-peer.ts'

export interface TrustTeam {
  /** By which all of them go; another one for each test. */
  readonly clock: FakeClock
  readonly start: (name: string, init?: Partial<TrustPeerInit>) => Promise<TrustPeer>
  /** From now on the test itself sees to its end. */
  readonly release: (peer: TrustPeer) => void
}

/** Started peers of one test, which end with it. To be made once, at the top of a file of tests. */
export function trustTeam(): TrustTeam {
  const peers: TrustPeer[] = []
  let clock = new FakeClock(0)
  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 5, 1))
  })
  afterEach(async () => {
    for (const peer of peers.splice(0)) {
      await peer.stop()
      peer.remove()
    }
  })
  return {
    get clock() {
      return clock
    },
    release: (peer) => void peers.splice(peers.indexOf(peer), 1),
    start: async (name, init = {}) => {
      const peer = new TrustPeer({ name, clock, ...init })
      peers.push(peer)
      await peer.trust.start()
      return peer
    },
  }
}
