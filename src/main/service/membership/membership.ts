import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { HealthView, MachineStatus, MachineView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { Announcer, type SelfProfile } from './announcer.ts'
import { Forgotten } from './forgotten.ts'
import { LastLogs } from './last-logs.ts'
import { decodeMachine } from './machine-record.ts'
import { MachineTable, type Machine } from './machine-table.ts'
import { machineView, shortName } from './machine-view.ts'
import { SilenceWatch } from './silence-watch.ts'

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

/** Who is in the swarm, how each is heard, and who is alive; and what this machine tells of itself. */
export class Membership implements Startable {
  readonly #deps: MembershipDeps
  readonly #table: MachineTable
  readonly #forgotten: Forgotten
  readonly #logs: LastLogs
  readonly #announcer: Announcer
  readonly #events: Emitter<MembershipEvents>
  readonly #silence: SilenceWatch
  #running = false
  #unsubscribe: Unsubscribe[] = []
  /** The store is being read: who is new cannot be told yet. */
  #loading = false

  constructor(deps: MembershipDeps, init: MembershipInit) {
    this.#deps = deps
    this.#table = new MachineTable({
      self: deps.peerId,
      ...(init.maxMachines === undefined ? {} : { maxMachines: init.maxMachines }),
    })
    this.#silence = new SilenceWatch({ ...deps, table: this.#table, onDue: (peers) => this.#judge(peers, false) })
    this.#forgotten = new Forgotten(deps, { path: init.forgottenPath })
    this.#logs = new LastLogs(deps)
    this.#announcer = new Announcer(
      { ...deps, addresses: () => deps.node.addresses() },
      {
        profile: init.profile,
        startedAtMs: init.startedAtMs,
        speakEveryMs: init.speakEveryMs ?? 10_000,
        repeatEveryMs: init.repeatEveryMs ?? 300_000,
      },
    )
    this.#events = new Emitter((err, name) => deps.log.error({ err, event: name }, 'a listener of membership failed'))
  }

  get events(): EventSource<MembershipEvents> {
    return this.#events
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const stopped = (): boolean => !this.#running
    const { book, clock, clocks, node } = this.#deps
    this.#forgotten.load()
    this.#loading = true
    this.#unsubscribe = [
      book.events.on('bucket:merged', ({ bucket, records }) => {
        if (bucket === 'machines' || bucket === 'diagnostics') this.#merged(records)
        else if (bucket === 'files') this.#tell(this.#logs.merged(records))
      }),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket === 'files') this.#tell(this.#logs.swept(ids))
      }),
    ]
    await this.#logs.load()
    for (const bucket of ['machines', 'diagnostics'] as const)
      await book.eachLive(bucket, (stored) => this.#hear(stored))
    if (stopped()) return
    // What the store says of the time before this start is no news, nor is what came while it was read.
    for (const machine of this.#table.all()) this.#table.judge(machine.peer, clock.now())
    this.#loading = false
    this.#unsubscribe.push(
      node.events.on('links:changed', () => this.#linksChanged()),
      clocks.events.on('clock:refused', ({ peer }) => this.#tell([peer])),
    )
    await this.#announcer.start()
    this.#linksChanged()
    await this.#silence.start()
  }

  /** Says goodbye; the network must still be up for others to hear it. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await this.#silence.stop()
    await this.#announcer.stop()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#unsubscribe = []
  }

  /** Every machine known and not forgotten, this one included. */
  list(): readonly MachineView[] {
    const latencies = this.#latencies()
    return [...this.#table.all()].filter((machine) => !this.#hidden(machine)).map((m) => this.#view(m, latencies))
  }

  get(peer: PeerId): MachineView | undefined {
    const machine = this.#table.get(peer)
    return machine === undefined || this.#hidden(machine) ? undefined : this.#view(machine, this.#latencies())
  }

  /** Its status without the cost of a whole view. */
  statusOf(peer: PeerId): MachineStatus {
    return this.#table.get(peer)?.status ?? 'unknown'
  }

  /** The status of every machine that is shown, this one included. */
  *statuses(): Iterable<MachineStatus> {
    for (const machine of this.#table.all()) if (!this.#hidden(machine)) yield machine.status
  }

  /** The name it gave itself, else the end of its id. */
  nameOf(peer: PeerId): string {
    if (peer === this.#deps.peerId) return this.#announcer.profile.name
    return this.#table.get(peer)?.facts?.name ?? shortName(peer)
  }

  /**
   * Hides a machine that is gone until it is heard again, also after a restart.
   * @throws SwarmError NOT_FOUND, INVALID_INPUT when it is not gone
   */
  forget(peer: PeerId): void {
    const machine = this.#table.get(peer)
    if (machine === undefined || this.#hidden(machine)) {
      throw new SwarmError('NOT_FOUND', `No machine ${peer} is known.`, { detail: { peer } })
    }
    if (machine.status !== 'gone' || machine.connected) {
      throw new SwarmError(
        'INVALID_INPUT',
        `${this.nameOf(peer)} is ${machine.status}: only a machine that is gone can be forgotten.`,
      )
    }
    this.#forgotten.add(peer, machine.last?.atMs ?? 0)
    this.#tell([peer])
  }

  /** What this machine says of itself from now on; told to the swarm at once. */
  setProfile(profile: SelfProfile): void {
    this.#announcer.setProfile(profile)
    this.#tell([this.#deps.peerId])
  }

  /** @returns true when it is a machine that was not known */
  #hear(stored: StoredRecord): boolean {
    const { body } = stored.record
    const presence = body.bucket === 'machines'
    if (body.key !== (presence ? 'self' : 'health')) return false
    const facts = presence ? decodeMachine(body.value) : undefined
    if (presence && facts === undefined) {
      this.#deps.counters.add('membership.refused:bad-value')
      return false
    }
    const known = this.#table.get(body.author)?.facts !== undefined
    if (!this.#table.hear(stored, facts)) {
      this.#deps.counters.add('membership.refused:table-full')
      return false
    }
    return presence && !known
  }

  #merged(records: readonly StoredRecord[]): void {
    const changed: PeerId[] = []
    const joined: PeerId[] = []
    if (this.#loading) {
      for (const stored of records) this.#hear(stored)
      return
    }
    for (const stored of records) {
      const { author } = stored.record.body
      if (author === this.#deps.peerId && stored.arrival.via === 'authored') this.#announcer.spoke()
      if (this.#hear(stored)) joined.push(author)
      changed.push(author)
    }
    this.#judge(changed, true)
    for (const peer of joined) if (peer !== this.#deps.peerId) this.#events.emit('machine:joined', { peer })
  }

  #linksChanged(): void {
    this.#announcer.checkChanged()
    this.#judge(this.#table.setConnected(new Set(this.#deps.node.neighbours())), true)
  }

  /** Brings the status of these up to date and tells. @param touched they look different even if their status is as before */
  #judge(peers: readonly PeerId[], touched: boolean): void {
    const { clock } = this.#deps
    const now = clock.now()
    const told = new Set<PeerId>(touched ? peers : [])
    const statuses: MembershipEvents['machine:status'][] = []
    let dueMs = Infinity
    for (const peer of new Set(peers)) {
      const change = this.#table.judge(peer, now)
      if (change !== undefined) {
        statuses.push(change)
        told.add(peer)
      }
      dueMs = Math.min(dueMs, this.#table.dueMs(peer))
    }
    this.#silence.dueBy(dueMs)
    this.#tell([...told])
    for (const change of statuses) this.#events.emit('machine:status', change)
  }

  #tell(peers: readonly PeerId[]): void {
    if (peers.length > 0) this.#events.emit('machines:changed', { peers: [...new Set(peers)] })
  }

  #hidden(machine: Machine): boolean {
    return machine.peer !== this.#deps.peerId && this.#forgotten.hides(machine.peer, machine.last?.atMs)
  }

  #latencies(): ReadonlyMap<PeerId, number | null> {
    return new Map(this.#deps.node.links().map((link) => [link.peer, link.latencyMs]))
  }

  #view(machine: Machine, latencies: ReadonlyMap<PeerId, number | null>): MachineView {
    const { clock, clocks, health, peerId } = this.#deps
    return machineView(machine, {
      nowMs: clock.now(),
      self: machine.peer === peerId,
      nameOf: (peer) => this.nameOf(peer),
      latencyMs: latencies.get(machine.peer) ?? null,
      clockErrorMs: this.#table.clockErrorMs(machine.peer),
      refusedBehindMs: clocks.behindMs(machine.peer),
      health: health.latest(machine.peer),
      spark: health.spark(machine.peer),
      lastLog: this.#logs.get(machine.peer),
    })
  }
}
