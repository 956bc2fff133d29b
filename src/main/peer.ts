import { randomInt } from 'node:crypto'
import type { PeerId } from '../shared/ids.ts'
import { isAbort, SwarmError } from '../shared/errors.ts'
import type { InfoView, Settings, SystemStatusView } from '../shared/views.ts'
import { systemClock } from './base/clock.ts'
import { Counters } from './base/counters.ts'
import { startAll, stopAll, type Startable } from './base/lifecycle.ts'
import type { Log } from './base/log.ts'
import type { SwarmClock } from './base/swarm-clock.ts'
import type { PeerOptions } from './peer-options.ts'
import { makeParts, profileOf, type Opened } from './peer-parts.ts'
import { openSettings } from './peer-settings.ts'
import { peerInfo, peerStatus } from './peer-status.ts'
import { openClock } from './peer-time.ts'
import type { SwarmNode } from './net/swarm-node.ts'
import type { ArchiveService } from './service/archive/archive-service.ts'
import type { CheckpointService } from './service/checkpoints/checkpoint-service.ts'
import type { Courier } from './service/courier/courier.ts'
import type { Diagnostics } from './service/diagnostics/diagnostics.ts'
import type { FileService } from './service/files/file-service.ts'
import type { Membership } from './service/membership/membership.ts'
import type { NetworkService } from './service/network/network-service.ts'
import { cidOfPin } from './service/pinning/pin-book.ts'
import type { PinningService } from './service/pinning/pinning-service.ts'
import type { SettingsService } from './service/settings/settings-service.ts'
import type { Recorder } from './service/recorder/recorder.ts'
import { joinAtStart } from './service/trust/join-swarm.ts'
import type { TrustService } from './service/trust/trust-service.ts'
import { Database } from './store/database.ts'
import { openIdentity } from './store/identity-store.ts'
import type { RecordBook } from './store/record-book.ts'
import { readSwarm, writeSwarm } from './store/swarm-file.ts'
import { claimDatabase, mustBeUnclaimed } from './store/swarm-claim.ts'
import { openSwarm, type SwarmStore } from './store/swarm-store.ts'

export type { PeerOptions } from './peer-options.ts'

/** One machine's place in the swarm: one object that starts and stops. Shells put a face on it. */
export interface Peer extends Startable {
  readonly peerId: PeerId
  /** By swarm time. */
  readonly startedAtMs: number
  readonly options: PeerOptions
  readonly log: Log
  /** Swarm time. */
  readonly clock: SwarmClock
  readonly counters: Counters
  readonly book: RecordBook
  readonly node: SwarmNode
  readonly membership: Membership
  readonly diagnostics: Diagnostics
  readonly files: FileService
  readonly archive: ArchiveService
  readonly pinning: PinningService
  readonly checkpoints: CheckpointService
  readonly courier: Courier
  readonly recorder: Recorder
  readonly network: NetworkService
  readonly settings: SettingsService
  readonly trust: TrustService
  readonly swarm: SwarmStore
  /** What the API's `system.info` tells, but for what only the shell knows. */
  info(): Omit<InfoView, 'web' | 'can'>
  status(): SystemStatusView
}

/**
 * Opens the store and the identity and wires the parts; nothing runs before `start`.
 * After `stop` the store is closed: make a new peer to start again.
 * @throws SwarmError HOME_IN_USE, IDENTITY_UNREADABLE, SWARM_UNREADABLE, PERMISSION_DENIED, DISK_FULL, INVALID_INPUT,
 *   BAD_INVITE
 */
export async function createPeer(options: PeerOptions): Promise<Peer> {
  const { home, log, clock = systemClock, random = () => randomInt(2 ** 32) / 2 ** 32 } = options
  const counters = new Counters()
  const basics = { clock, random, log, counters }
  const database = Database.open(basics, { home })
  try {
    const identity = openIdentity({ home, protector: options.protector })
    const settings = openSettings(basics, {
      home,
      overrides: options.settings ?? {},
      kubo: options.kubo,
      archive: options.archive,
    })
    const { name, role } = settings.get()
    if (options.join === undefined && readSwarm(home) === undefined) mustBeUnclaimed(database)
    if (options.join !== undefined) {
      const peer = { peerId: identity.peerId, role, nowMs: clock.now() }
      const joined = joinAtStart(options.join, readSwarm(home), peer)
      claimDatabase(database, joined.anchor.swarm)
      writeSwarm(home, joined)
    }
    const swarmStore = openSwarm(home, { identity, clock, log }, { name: foundedBy(name) })
    claimDatabase(database, swarmStore.get().anchor.swarm)
    const swarmClock = openClock(clock, swarmStore)
    return wire({ ...basics, clock: swarmClock, options, database, identity, settings, swarmStore })
  } catch (error) {
    database.close()
    throw error
  }
}

/** What a new installation calls its swarm; at most the 63 signs of a name. */
function foundedBy(name: string): string {
  return `${name.slice(0, 55)}'s swarm`
}

function wire(opened: Opened): Peer {
  const { clock, log, counters, options, identity, settings, swarmStore } = opened
  const { peerId } = identity
  const parts = makeParts(opened)
  const {
    sinceStart,
    book,
    node,
    exchange,
    diagnostics,
    membership,
    files,
    archive,
    pinning,
    trust,
    checkpoints,
    courier,
    recorder,
    network,
  } = parts
  const { bootstrap: invitedBy } = swarmStore.get()
  const applySettings = (now: Settings): void => {
    membership.setProfile(profileOf(now, options))
    node.setBootstrap([...now.bootstrap, ...invitedBy])
    exchange.channels.apply(now.channels)
    files.applySettings(now.files)
    archive.applySettings(now.files)
    recorder.applySettings()
    files.setDirs({ shareDir: now.shareDir, downloadDir: now.downloadDir }).catch((err: unknown) => {
      if (!isAbort(err)) log.error({ err }, 'the folders could not be changed')
    })
  }
  let undo: (() => void)[] = []
  let starting: Promise<void> | null = null
  let stopping: Promise<void> | null = null

  const begin = async (): Promise<void> => {
    undo = [
      settings.events.on('settings:changed', applySettings),
      pinning.events.on('pins:changed', ({ ids }) => files.pinsChanged(ids.map(cidOfPin))),
      // What was said in 1970 is said again, by a time at which others listen.
      clock.events.on('time:changed', () => {
        membership.setProfile(profileOf(settings.get(), options))
        trust.timeChanged()
        // And what was refused for its time is fetched.
        exchange.compareSoon()
      }),
    ]
    try {
      await startAll(parts.inOrder)
    } catch (error) {
      undo.forEach((one) => one())
      throw error
    }
    log.info({ peer: peerId, addresses: node.addresses() }, 'the peer is up')
  }
  const end = async (): Promise<void> => {
    // Parts that are still being started would outlive their stop.
    await starting?.catch(() => {})
    undo.forEach((one) => one())
    await stopAll(parts.inOrder)
    log.info({ peer: peerId }, 'the peer has stopped')
  }

  return {
    peerId,
    get startedAtMs() {
      return sinceStart.atMs
    },
    options,
    log,
    clock,
    counters,
    book,
    node,
    membership,
    diagnostics,
    files,
    archive,
    pinning,
    checkpoints,
    courier,
    recorder,
    network,
    settings,
    trust,
    swarm: swarmStore,
    async start() {
      if (stopping !== null) throw new SwarmError('INTERNAL', 'This peer has stopped: make a new one to start again.')
      await (starting ??= begin())
    },
    async stop() {
      await (stopping ??= end())
    },
    info: () => peerInfo(opened, parts),
    status: () => peerStatus(opened, parts),
  }
}
