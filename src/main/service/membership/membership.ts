import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { MachineStatus, MachineView } from '../../../shared/views.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import type { Volunteer } from '../../model/volunteers.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import { Announcer, type SelfProfile } from './announcer.ts'
import { FingerprintWatch } from './fingerprint-watch.ts'
import { Forgotten } from './forgotten.ts'
import { keeperOf, volunteersOf } from './keepers.ts'
import { LastLogs } from './last-logs.ts'
import { decodeMachine } from './machine-record.ts'
import { MachineTable, type Machine } from './machine-table.ts'
import { machineView, shortName } from './machine-view.ts'
import type { MembershipDeps, MembershipEvents, MembershipInit } from './membership-init.ts'
import { SilenceWatch } from './silence-watch.ts'
import { rootWarnings } from './root-warnings.ts'

const isSignOfLife = ({ record: { body } }: StoredRecord): boolean =>
  body.bucket === 'machines' || body.bucket === 'diagnostics'

/** Who is in the swarm, how each is heard, and who is alive; and what this machine tells of itself. */
export class Membership implements Startable {
  readonly #deps: MembershipDeps
  readonly #table: MachineTable
  readonly #forgotten: Forgotten
  readonly #logs: LastLogs
  readonly #announcer: Announcer
  readonly #events: Emitter<MembershipEvents>
  readonly #silence: SilenceWatch
  readonly #fingerprints = new FingerprintWatch()
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
      {
        ...deps,
        addresses: () => deps.node.addresses(),
        clockSkewMs: deps.clockSkewMs ?? (() => null),
      },
      {
        profile: init.profile,
        // Read anew each time: a clock that is set right changes it.
        get startedAtMs() {
          return init.startedAtMs
        },
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
    this.#fingerprints.own(book.trust().fingerprint, clock.now())
    this.#unsubscribe = [
      // Strangers too: they are shown, as what they are.
      book.events.on('records:stored', ({ records }) => this.#stored(records.filter(isSignOfLife))),
      book.events.on('bucket:merged', ({ bucket, records }) => {
        if (bucket === 'files') this.#tell(this.#logs.merged(records))
      }),
      book.events.on('trust:changed', ({ peers }) => this.#trustChanged(peers)),
      book.events.on('bucket:swept', ({ bucket, ids }) => {
        if (bucket === 'files') this.#tell(this.#logs.swept(ids))
      }),
    ]
    await this.#logs.load()
    for (const bucket of ['machines', 'diagnostics'] as const)
      await book.eachHeld(bucket, (stored) => this.#hear(stored))
    if (stopped()) return
    // What the store says of the time before this start is no news, nor is what came while it was read.
    for (const machine of this.#table.all()) {
      this.#table.judge(machine.peer, clock.now())
      machine.introduced = this.#isTrusted(machine.peer)
    }
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

  /** What is known of it as one that holds files, without the cost of a whole view. */
  keeperOf(peer: PeerId): Keeper {
    const { clock, health, peerId } = this.#deps
    const self = peer === peerId
    const trusted = self || this.#isTrusted(peer)
    const context = { name: this.nameOf(peer), nowMs: clock.now(), self, trusted }
    return keeperOf(this.#table.get(peer), { ...context, health: trusted ? health.latest(peer) : undefined })
  }

  /** Members that are up and fetch by themselves what has too few copies, this one included if it does. */
  volunteers(): readonly Volunteer[] {
    return volunteersOf(this.#table.all(), (peer) => this.#isTrusted(peer))
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

  /** What is to be known about who follows which root; for the operator. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    const trust = this.#deps.book.trust()
    const differing = this.#fingerprints.differing(this.#table.all(), trust)
    return rootWarnings(this.#table.all(), { trust, differing, nameOf: (peer) => this.nameOf(peer) })
  }

  #hear(stored: StoredRecord): void {
    const { book, counters } = this.#deps
    const { body } = stored.record
    const presence = body.bucket === 'machines'
    if (body.key !== (presence ? 'self' : 'health')) return
    // What was taken back is not heard; of a revoked machine one may still see that it is there.
    if (book.state(stored).state === 'dismissed' && book.trust().of(body.author).standing !== 'revoked') return
    const facts = presence ? decodeMachine(body.value) : undefined
    if (presence && facts === undefined) counters.add('membership.refused:bad-value')
    else if (!this.#table.hear(stored, facts)) counters.add('membership.refused:table-full')
    else if (facts !== undefined) this.#fingerprints.heard(body.author, facts.trustFingerprint, body.validFrom)
  }

  #stored(records: readonly StoredRecord[]): void {
    const changed: PeerId[] = []
    if (this.#loading) {
      for (const stored of records) this.#hear(stored)
      return
    }
    for (const stored of records) {
      const { author } = stored.record.body
      if (author === this.#deps.peerId && stored.arrival.via === 'authored') this.#announcer.spoke()
      this.#hear(stored)
      changed.push(author)
    }
    this.#judge(changed, true)
    for (const peer of new Set(changed)) this.#introduce(peer)
  }

  /** Tells of a machine once: when it has told of itself and has been admitted. */
  #introduce(peer: PeerId): void {
    const machine = this.#table.get(peer)
    if (machine?.facts === undefined || machine.introduced || !this.#isTrusted(peer)) return
    machine.introduced = true
    if (peer !== this.#deps.peerId) this.#events.emit('machine:joined', { peer })
  }

  #isTrusted(peer: PeerId): boolean {
    const { standing } = this.#deps.book.trust().of(peer)
    return standing === 'root' || standing === 'member'
  }

  #trustChanged(peers: readonly PeerId[]): void {
    this.#fingerprints.own(this.#deps.book.trust().fingerprint, this.#deps.clock.now())
    this.#announcer.checkChanged()
    if (this.#loading) return
    this.#tell(peers.filter((peer) => this.#table.get(peer) !== undefined))
    for (const peer of peers) this.#introduce(peer)
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
    for (const change of statuses) if (this.#isTrusted(change.peer)) this.#events.emit('machine:status', change)
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
    const { book, clock, clocks, health, peerId } = this.#deps
    const self = machine.peer === peerId
    // What strangers say of their health is nobody's business: it must not alarm anyone.
    const isShown = self || this.#isTrusted(machine.peer)
    return machineView(machine, {
      nowMs: clock.now(),
      self,
      standing: book.trust().of(machine.peer),
      nameOf: (peer) => this.nameOf(peer),
      latencyMs: latencies.get(machine.peer) ?? null,
      clockErrorMs: this.#table.clockErrorMs(machine.peer),
      refusedBehindMs: clocks.behindMs(machine.peer),
      health: isShown ? health.latest(machine.peer) : undefined,
      spark: isShown ? health.spark(machine.peer) : { atMs: [], cpuPercent: [], temperatureC: [] },
      lastLog: this.#logs.get(machine.peer),
    })
  }
}
