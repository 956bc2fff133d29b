import { join } from 'node:path'
import type { Settings } from '../shared/views.ts'
import { isSystemClockUnset } from './base/clock-set.ts'
import type { Counters } from './base/counters.ts'
import type { Startable } from './base/lifecycle.ts'
import type { Log } from './base/log.ts'
import type { SwarmClock } from './base/swarm-clock.ts'
import type { PeerOptions } from './peer-options.ts'
import { SinceStart } from './peer-time.ts'
import { Exchange } from './net/exchange.ts'
import { LastPort, portsToTry } from './net/links/last-port.ts'
import { SwarmNode } from './net/swarm-node.ts'
import { TimeSync } from './net/clock/time-sync.ts'
import { VerifyPool } from './net/ingest/verify-pool.ts'
import { ArchiveService } from './service/archive/archive-service.ts'
import { CheckpointService } from './service/checkpoints/checkpoint-service.ts'
import { Courier } from './service/courier/courier.ts'
import { Diagnostics } from './service/diagnostics/diagnostics.ts'
import { SystemSampler } from './service/diagnostics/system-sampler.ts'
import { Discovery } from './service/discovery/discovery.ts'
import { FileService } from './service/files/file-service.ts'
import { Membership } from './service/membership/membership.ts'
import { NetworkService } from './service/network/network-service.ts'
import { PinningService } from './service/pinning/pinning-service.ts'
import { Recorder } from './service/recorder/recorder.ts'
import type { SettingsService } from './service/settings/settings-service.ts'
import { TrustService } from './service/trust/trust-service.ts'
import { Upkeep } from './service/upkeep/upkeep.ts'
import type { Database } from './store/database.ts'
import type { Identity } from './store/identity-store.ts'
import { MetricStore } from './store/metric-store.ts'
import { RecordBook } from './store/record-book.ts'
import type { SwarmStore } from './store/swarm-store.ts'

interface Basics {
  readonly clock: SwarmClock
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
}

/** What a peer is made of: opened, and not yet at work. */
export interface Opened extends Basics {
  readonly options: PeerOptions
  readonly database: Database
  readonly identity: Identity
  readonly settings: SettingsService
  readonly swarmStore: SwarmStore
}

/** What a peer says of itself, by its settings and how it was started. */
export function profileOf({ name, role, files }: Settings, options: PeerOptions) {
  const archive = files.archive.kind !== 'off'
  return {
    archive,
    // Robots and laptops are not there to keep what others have.
    copies: archive || role === 'server' ? files.copies : 1,
    name,
    role,
    version: options.version,
    robot: options.robot ?? null,
    simulated: options.simulated ?? false,
  }
}

export type Parts = ReturnType<typeof makeParts>

/** Makes the parts of a peer and wires them; none is started. `inOrder`: as they are to be started. */
export function makeParts(opened: Opened) {
  const { clock, random, log, counters, options, database, identity, settings, swarmStore } = opened
  const basics = { clock, random, log, counters }
  const { peerId } = identity
  const sinceStart = new SinceStart(clock)
  const chosen = settings.get()
  const { anchor, networkKey, bootstrap: invitedBy } = swarmStore.get()
  const { swarm } = anchor

  const book = new RecordBook(
    { ...basics, database, identity, swarm: swarmStore },
    // By a clock that says 1970 everything is from the future; what a robot holds must outlive its boot.
    { isTimeKnown: () => clock.isKnown, timeBasis: () => clock.basis, isInvited: (ask) => trust.isInvited(ask) },
  )
  const portPath = join(options.home, 'port')
  const metrics = new MetricStore({ ...basics, database })
  const node = new SwarmNode(
    { ...basics, identity },
    {
      swarm,
      networkKey,
      listen: chosen.listen,
      preferredPorts: portsToTry(portPath),
      bootstrap: [...chosen.bootstrap, ...invitedBy],
      mdns: chosen.mdns,
    },
  )
  const lastPort = new LastPort({ node, log }, { path: portPath, chosenByUs: chosen.listen.length === 0 })
  const pool = new VerifyPool(basics)
  const exchange = new Exchange(
    { ...basics, identity, node, book, pool },
    { swarm, networkKey, channels: chosen.channels },
  )
  const time = new TimeSync(
    { ...basics, node, book, clocks: exchange.clocks },
    {
      lastSeenMs: swarmStore.get().lastTimeMs,
      inviteEndsMs: swarmStore.get().inviteEndsMs,
      isUnset: () => options.clock === undefined && isSystemClockUnset(),
      onSeen: (nowMs) => void swarmStore.update({ lastTimeMs: Math.trunc(nowMs) }),
    },
  )
  const sampler = options.sampler ?? new SystemSampler(basics, { folder: options.home })
  const diagnostics = new Diagnostics({ ...basics, peerId, book, metrics, sampler }, options.diagnostics)
  const membership = new Membership(
    {
      ...basics,
      peerId,
      book,
      node,
      health: diagnostics,
      clocks: exchange.clocks,
      clockSkewMs: () => time.skewMs(),
    },
    {
      profile: profileOf(chosen, options),
      get startedAtMs() {
        return sinceStart.atMs
      },
      forgottenPath: join(options.home, 'forgotten.json'),
      ...options.membership,
    },
  )
  const files = new FileService(
    {
      ...basics,
      peerId,
      book,
      node,
      nameOf: (peer) => membership.nameOf(peer),
      statusOf: (peer) => membership.statusOf(peer),
      keeperOf: (peer) => membership.keeperOf(peer),
      pinnedAt: (cid) => pinning.pinnedAt(cid),
      simulated: options.simulated ?? false,
    },
    { home: options.home, shareDir: chosen.shareDir, downloadDir: chosen.downloadDir, settings: chosen.files },
  )
  const pinning = new PinningService(
    {
      ...basics,
      node,
      share: (cid) => files.shares.get(cid),
      kuboAddresses: () => files.kuboAddresses,
      isPrivate: networkKey !== null,
    },
    { home: options.home },
  )
  const archive = new ArchiveService(
    {
      ...basics,
      files: {
        events: files.events,
        shares: files.shares,
        fetching: files.fetching,
        scope: files.finder.scope,
        freeBytes: () => files.freeBytes(),
      },
      self: peerId,
      volunteers: () => membership.volunteers(),
      keeperOf: (peer) => membership.keeperOf(peer),
    },
    { settings: chosen.files },
  )
  const trust = new TrustService(
    {
      ...basics,
      self: peerId,
      book,
      swarm: swarmStore,
      nameOf: (peer) => membership.get(peer)?.name ?? null,
      addresses: () => node.addresses(),
      profile: () => ({ name: settings.get().name, role: settings.get().role, simulated: options.simulated ?? false }),
    },
    { home: options.home },
  )
  const checkpoints = new CheckpointService(
    {
      ...basics,
      book,
      pool,
      node,
      peerId,
      blocks: () => files.blocks,
      nameOf: (peer) => membership.nameOf(peer),
      // What machines say of themselves is little, and the first thing that one wants to see.
      hold: () => exchange.hold(['trust', 'checkpoints', 'machines']),
      sessions: () => counters.get('catch-up.trusted'),
      onImported: () => exchange.compareSoon(),
    },
    { home: options.home, ...options.checkpoints },
  )
  const courier = new Courier({
    ...basics,
    files,
    checkpoints,
    self: peerId,
    swarm: () => {
      const now = swarmStore.get()
      return { id: now.anchor.swarm, name: now.name }
    },
  })
  const recorder = new Recorder(
    {
      ...basics,
      self: peerId,
      swarm: () => book.swarm,
      book,
      diagnostics,
      files,
      node,
      nameOf: (peer) => membership.nameOf(peer),
      settings: () => settings.get(),
      simulated: options.simulated ?? false,
    },
    { home: options.home, ...options.recorder },
  )
  const network = new NetworkService(
    {
      ...basics,
      self: peerId,
      book,
      node,
      channels: exchange.channels,
      stream: exchange.stream,
      routes: exchange.dispatcher.routes,
      talk: exchange.talk,
      machines: membership,
      settings,
    },
    { routesPath: join(options.home, 'routes.json') },
  )
  const upkeep = new Upkeep(basics, {
    chores: [
      { name: 'sweep-records', everyMs: 60_000, run: () => book.sweep().more },
      {
        name: 'sweep-metrics',
        everyMs: 300_000,
        run: () => {
          metrics.sweep()
          return false
        },
      },
    ],
  })
  // Stopped in reverse: goodbyes are said while the network is up, the store is closed when nothing writes any more.
  const store: Startable = { start: async () => {}, stop: async () => database.close() }
  const discovery = new Discovery({ book, node })
  const inOrder: readonly Startable[] = [
    store,
    pool,
    node,
    lastPort,
    time,
    exchange,
    discovery,
    diagnostics,
    membership,
    trust,
    files,
    pinning,
    archive,
    checkpoints,
    courier,
    recorder,
    network,
    upkeep,
  ]
  return {
    sinceStart,
    book,
    node,
    time,
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
    inOrder,
  }
}
