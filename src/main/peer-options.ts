import type { RobotFacts, Settings, SystemStatusView } from '../shared/views.ts'
import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { CheckpointServiceInit } from './service/checkpoints/checkpoint-service.ts'
import type { DiagnosticsInit } from './service/diagnostics/diagnostics.ts'
import type { Sampler } from './service/diagnostics/sampler.ts'
import type { MembershipInit } from './service/membership/membership-init.ts'
import type { RecorderInit } from './service/recorder/recorder.ts'
import type { KeyProtector } from './store/identity-store.ts'

/** How a peer is made. */
export interface PeerOptions {
  /** The peer's folder; made (0700) when it is not there. */
  readonly home: string
  readonly version: string
  readonly log: Log
  /** The machine's own. What the peer goes by is swarm time: `Peer.clock`. */
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  /** In force for this run, never saved: the command line. */
  readonly settings?: Partial<Settings>
  /** The Kubo daemon that keeps the files, for this run, instead of what the settings say. */
  readonly kubo?: string | undefined
  /** Keep all that is shared, for this run, instead of what the settings say. */
  readonly archive?: boolean | undefined
  /** Wraps the identity's key by the system's key store. */
  readonly protector?: KeyProtector
  /** Default: this machine. A simulated body comes from the lab. */
  readonly sampler?: Sampler
  readonly robot?: RobotFacts | null
  readonly simulated?: boolean
  readonly diagnostics?: DiagnosticsInit
  readonly checkpoints?: Omit<CheckpointServiceInit, 'home'>
  readonly recorder?: Omit<RecorderInit, 'home'>
  readonly membership?: Pick<MembershipInit, 'speakEveryMs' | 'repeatEveryMs'>
  /**
   * An invite: a home without a swarm begins in that one, instead of founding its own. Refused in a home of another swarm;
   * in one of the same it renews the way in.
   */
  readonly join?: string
  /** What whoever started the peer has to say, shown with its warnings. */
  readonly notes?: SystemStatusView['warnings']
}
