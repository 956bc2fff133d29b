import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { PeerId } from '../shared/ids.ts'
import { isAbort, SwarmError } from '../shared/errors.ts'
import type { InfoView, RobotFacts, Settings, SystemStatusView } from '../shared/views.ts'
import { systemClock, type Clock } from './base/clock.ts'
import { isSystemClockUnset } from './base/clock-set.ts'
import { Counters } from './base/counters.ts'
import { startAll, stopAll, type Startable } from './base/lifecycle.ts'
import type { Log } from './base/log.ts'
import type { SwarmClock } from './base/swarm-clock.ts'
import { openSettings } from './peer-settings.ts'
import { openClock, SinceStart } from './peer-time.ts'
import { fingerprintWords } from './model/trust-words.ts'
import { Exchange } from './net/exchange.ts'
import { LastPort, portsToTry } from './net/last-port.ts'
import { SwarmNode } from './net/swarm-node.ts'
import { TimeSync } from './net/time-sync.ts'
import { VerifyPool } from './net/verify-pool.ts'
import { CheckpointService, type CheckpointServiceInit } from './service/checkpoints/checkpoint-service.ts'
import { Diagnostics, type DiagnosticsInit } from './service/diagnostics/diagnostics.ts'
import type { Sampler } from './service/diagnostics/sampler.ts'
import { SystemSampler } from './service/diagnostics/system-sampler.ts'
import { Discovery } from './service/discovery/discovery.ts'
import { FileService } from './service/files/file-service.ts'
import { clockWarning } from './service/membership/clock-sense.ts'
import type { MembershipInit } from './service/membership/membership-init.ts'
import { Membership } from './service/membership/membership.ts'
import { NetworkService } from './service/network/network-service.ts'
import type { SettingsService } from './service/settings/settings-service.ts'
import { joinAtStart } from './service/trust/join-swarm.ts'
import { TrustService } from './service/trust/trust-service.ts'
import { Upkeep } from './service/upkeep/upkeep.ts'
import { Database } from './store/database.ts'
import { openIdentity, type Identity, type KeyProtector } from './store/identity-store.ts'
import { MetricStore } from './store/metric-store.ts'
import { RecordBook } from './store/record-book.ts'
import { readSwarm, writeSwarm } from './store/swarm-file.ts'
import { openSwarm, type SwarmStore } from './store/swarm-store.ts'

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
  /** Wraps the identity's key by the system's key store. */
  readonly protector?: KeyProtector
  /** Default: this machine. A simulated body comes from the lab. */
  readonly sampler?: Sampler
  readonly robot?: RobotFacts | null
  readonly simulated?: boolean
  readonly diagnostics?: DiagnosticsInit
  readonly checkpoints?: Omit<CheckpointServiceInit, 'home'>
  readonly membership?: Pick<MembershipInit, 'speakEveryMs' | 'repeatEveryMs'>
  /**
   * An invite: a home without a swarm begins in that one, instead of founding its own. Refused in a home of another swarm;
   * in one of the same it renews the way in.
   */
  readonly join?: string
  /** What whoever started the peer has to say, shown with its warnings. */
  readonly notes?: SystemStatusView['warnings']
}

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
  readonly checkpoints: CheckpointService
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
    const settings = openSettings(basics, { home, overrides: options.settings ?? {} })
    const { name, role } = settings.get()
    if (options.join !== undefined) {
      writeSwarm(
        home,
        joinAtStart(options.join, readSwarm(home), { peerId: identity.peerId, role, nowMs: clock.now() }),
      )
    }
    const swarmStore = openSwarm(home, { identity, clock, log }, { name: foundedBy(name) })
    const swarmClock = openClock(clock, swarmStore)
    return wire({ ...basics, clock: swarmClock, options, database, identity, settings, swarmStore })
  } catch (error) {
    database.close()
    throw error
  }
}

/** What a new installation calls its swarm; at most the 63 signs of a name. */
export function foundedBy(name: string): string {
  return `${name.slice(0, 55)}'s swarm`
}

interface Basics {
  readonly clock: SwarmClock
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
}

interface Opened extends Basics {
  readonly options: PeerOptions
  readonly database: Database
  readonly identity: Identity
  readonly settings: SettingsService
  readonly swarmStore: SwarmStore
}

function wire(opened: Opened): Peer {
  const { clock, random, log, counters, options, database, identity, settings, swarmStore } = opened
  const basics = { clock, random, log, counters }
  const { peerId } = identity
  const sinceStart = new SinceStart(clock)
  const chosen = settings.get()
  const { anchor, networkKey, bootstrap: invitedBy } = swarmStore.get()
  const { swarm } = anchor
  const profile = ({ name, role }: Settings) => ({
    name,
    role,
    version: options.version,
    robot: options.robot ?? null,
    simulated: options.simulated ?? false,
  })

  const book = new RecordBook(
    { ...basics, database, identity, swarm: swarmStore },
    // By a clock that says 1970 everything is from the future; what a robot holds must outlive its boot.
    { isTimeKnown: () => clock.isKnown },
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
  const time = new TimeSync(
    { ...basics, node, book },
    {
      lastSeenMs: swarmStore.get().lastTimeMs,
      isUnset: () => options.clock === undefined && isSystemClockUnset(),
      onSeen: (nowMs) => void swarmStore.update({ lastTimeMs: Math.trunc(nowMs) }),
    },
  )
  const exchange = new Exchange(
    { ...basics, identity, node, book, pool },
    { swarm, networkKey, channels: chosen.channels },
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
      profile: profile(chosen),
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
      simulated: options.simulated ?? false,
    },
    { home: options.home, shareDir: chosen.shareDir, downloadDir: chosen.downloadDir },
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
      sessions: () => counters.get('catch-up.done'),
      onImported: () => exchange.compareSoon(),
    },
    { home: options.home, ...options.checkpoints },
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
  const parts = [
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
    checkpoints,
    network,
    upkeep,
  ]

  const clockWarnings = () => {
    const neighbours = node.neighbours()
    const behindMs = neighbours.flatMap((peer) => exchange.clocks.behindMs(peer) ?? [])
    const ownMs = clock.system.now()
    return clockWarning({ ownMs, time: clock.view(), neighbours: neighbours.length, behindMs }) ?? []
  }
  const applySettings = (now: Settings): void => {
    membership.setProfile(profile(now))
    node.setBootstrap([...now.bootstrap, ...invitedBy])
    exchange.channels.apply(now.channels)
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
      // What was said in 1970 is said again, by a time at which others listen.
      clock.events.on('time:changed', () => {
        membership.setProfile(profile(settings.get()))
        trust.timeChanged()
        // And what was refused for its time is fetched.
        exchange.compareSoon()
      }),
    ]
    try {
      await startAll(parts)
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
    await stopAll(parts)
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
    checkpoints,
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
    info: () => ({
      peer: peerId,
      name: settings.get().name,
      role: settings.get().role,
      version: options.version,
      swarm: trust.swarmView(),
      standing: book.trust().of(peerId).standing,
      roles: [...book.trust().of(peerId).roles],
      fingerprint: fingerprintWords(peerId),
      home: options.home,
      simulated: options.simulated ?? false,
      startedAtMs: sinceStart.atMs,
      addresses: [...node.addresses()],
      identityProtection: identity.protection,
    }),
    status: () => {
      const machines = { alive: 0, suspect: 0, gone: 0, unknown: 0 }
      for (const status of membership.statuses()) machines[status] += 1
      return {
        atMs: clock.now(),
        links: node.neighbours().length,
        machines,
        transfersRunning: files.transfers().filter(({ state: now }) => now === 'waiting' || now === 'running').length,
        records: book.counts().reduce((sum, { records }) => sum + records, 0),
        counters: counters.snapshot(),
        ...trust.counts(),
        time: time.view(),
        catchUp: checkpoints.catchUp(),
        warnings: [options.notes ?? [], clockWarnings(), membership.warnings(), files.warnings()].flat(),
      }
    },
  }
}
