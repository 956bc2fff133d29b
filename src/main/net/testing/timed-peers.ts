import { systemClock, type Clock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { SwarmClock } from '../../base/swarm-clock.ts'
import { decideTime } from '../../model/clock-sync.ts'
import { TimeSync } from '../clock/time-sync.ts'
import { startPeer, stopPeers, type TestPeer, type TestPeerInit } from './peers.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** The system's clock, set wrong by as much as is wanted, also later. */
class SkewedClock implements Clock {
  skewMs: number

  constructor(skewMs: number) {
    this.skewMs = skewMs
  }

  now(): number {
    return systemClock.now() + this.skewMs
  }

  monotonic(): number {
    return systemClock.monotonic()
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void> {
    return systemClock.sleep(ms, options)
  }
}

/** A peer whose machine has a clock of its own, and who compares it with others'. */
export interface TimedPeer {
  readonly peer: TestPeer
  readonly clock: SwarmClock
  readonly system: SkewedClock
  readonly sync: TimeSync
  /** What it kept for the next start. */
  readonly seen: number[]
}

export interface TimedInit extends Omit<TestPeerInit, 'clock'> {
  readonly lastSeenMs?: number
  readonly isUnset?: boolean
}

const running: TimeSync[] = []

export async function startTimed(skewMs: number, init: TimedInit = {}): Promise<TimedPeer> {
  const { lastSeenMs = 0, isUnset = false, ...more } = init
  const system = new SkewedClock(skewMs)
  const ownMs = system.now()
  const start = decideTime({ samples: [], ownMs, ownUnset: false, lastSeenMs, rootKnown: false, offsetMs: 0 })
  const clock = new SwarmClock(system, start)
  const peer = await startPeer({ clock, ...more })
  const seen: number[] = []
  const { node, book, counters, exchange } = peer
  const sync = new TimeSync(
    { node, book, clock, clocks: exchange.clocks, random: Math.random, counters, log: silentLog },
    { lastSeenMs, isUnset: () => isUnset, onSeen: (nowMs) => seen.push(nowMs), everyMs: 500, lookEveryMs: 50 },
  )
  await sync.start()
  running.push(sync)
  return { peer, clock, system, sync, seen }
}

/** They no longer compare clocks; the peers run on. */
export async function stopSyncs(): Promise<void> {
  await Promise.all(running.splice(0).map((sync) => sync.stop()))
}

export async function stopTimed(): Promise<void> {
  await stopSyncs()
  await stopPeers()
}

/** What a machine without a clock battery is off by. */
export const in1970 = -systemClock.now() + 60_000

/** How wrong the time is by which a peer stamps. */
export const offMs = ({ clock }: TimedPeer): number => Math.abs(clock.now() - systemClock.now())
