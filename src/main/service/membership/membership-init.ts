import type { PeerId } from '../../../shared/ids.ts'
import type { HealthView, MachineStatus, MachineView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Log } from '../../base/log.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { SelfProfile } from './announcer.ts'

/** What membership needs of the network node. */
export interface MembershipNode {
  addresses(): readonly string[]
  neighbours(): readonly PeerId[]
  links(): readonly { readonly peer: PeerId; readonly latencyMs: number | null }[]
  readonly events: EventSource<{ 'links:changed': Record<never, never> }>
}

/** What membership shows of a machine's health; `Diagnostics` is one. */
export interface HealthSource {
  latest(peer: PeerId): HealthView | undefined
  spark(peer: PeerId): MachineView['spark']
}

/** Neighbours whose own records are refused for their time. */
export interface RefusedClocks {
  /** How far its clock is behind ours (ahead: negative), in ms; undefined while its records are taken. */
  behindMs(peer: PeerId): number | undefined
  readonly events: EventSource<{ 'clock:refused': { readonly peer: PeerId } }>
}

export interface MembershipDeps {
  readonly peerId: PeerId
  readonly book: RecordBook
  readonly node: MembershipNode
  readonly health: HealthSource
  readonly clocks: RefusedClocks
  /** By how much this machine's own clock is off swarm time, as it tells the swarm; null while that is not known. */
  readonly clockSkewMs?: () => number | null
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
}

export interface MembershipInit {
  readonly profile: SelfProfile
  readonly startedAtMs: number
  /** The peer's home: the list of forgotten machines lies there. */
  readonly forgottenPath: string
  /** How often this machine promises to speak. Default 10 s, the pace of health summaries, which keep the promise. */
  readonly speakEveryMs?: number
  /** How often it repeats who it is though nothing changed. Default 5 min: others learn it by catching up anyway. */
  readonly repeatEveryMs?: number
  /** Default 10,000: ten times the largest fleet that is planned for. */
  readonly maxMachines?: number
}

export interface MembershipEvents {
  /** Anything about these machines may look different now. */
  readonly 'machines:changed': { readonly peers: readonly PeerId[] }
  /** A machine that this peer never knew told of itself. */
  readonly 'machine:joined': { readonly peer: PeerId }
  readonly 'machine:status': { readonly peer: PeerId; readonly status: MachineStatus; readonly before: MachineStatus }
}
