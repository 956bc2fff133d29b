import { join } from 'node:path'
import type {
  CatchUpView,
  CheckpointCheckView,
  CheckpointImportView,
  CheckpointView,
} from '../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import { startAll, stopAll, type Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { VerifyPool } from '../../net/ingest/verify-pool.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { BlockStore } from '../files/block-store.ts'
import { Announcements } from './announcements.ts'
import { CheckpointAnnouncer, type AnnouncerInit } from './announcer.ts'
import { CheckpointBringer } from './bringer.ts'
import { viewOf } from './checkpoint-view.ts'
import { Differences } from './differences.ts'
import { Doubts } from './doubts.ts'
import { CarImport } from './car-import.ts'
import { HeavyWork } from './heavy-work.ts'
import { CheckpointIntake } from './intake.ts'
import { CheckpointMaker } from './maker.ts'
import { Newcomer, type NewcomerInit } from './newcomer.ts'
import { saveFile, type SavePlace } from './save-file.ts'
import { CheckpointShelf } from './shelf.ts'
import { BadCheckpointError } from './tree.ts'
import { unknownCheckpoint, WholeCheckpoints, type CheckpointFile } from './whole-checkpoints.ts'

export interface CheckpointServiceDeps {
  readonly book: RecordBook
  readonly pool: VerifyPool
  readonly node: SwarmNode
  readonly blocks: () => BlockStore
  readonly peerId: PeerId
  readonly nameOf: (peer: PeerId) => string
  /** See Newcomer. */
  readonly hold: () => () => void
  readonly sessions: () => number
  /** Many records came from a file: neighbours may lack them. */
  readonly onImported: () => void
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
}

export interface CheckpointServiceInit extends AnnouncerInit, NewcomerInit {
  /** Where the database lies, and the list of checkpoints that are kept. */
  readonly home: string
}

/** Summaries of the swarm's state: made, announced, taken over, checked, and carried as files. */
export class CheckpointService implements Startable {
  readonly #deps: CheckpointServiceDeps
  readonly #announcements: Announcements
  readonly #shelf: CheckpointShelf
  readonly #doubts: Doubts
  readonly #differences: Differences
  readonly #intake: CheckpointIntake
  readonly #whole: WholeCheckpoints
  readonly #announcer: CheckpointAnnouncer
  readonly #newcomer: Newcomer
  readonly #import: CarImport
  readonly #heavy = new HeavyWork()
  readonly #events: Emitter<{ 'checkpoints:changed': { readonly roots: readonly string[] } }>
  #undo: Unsubscribe[] = []
  #run: AbortController | null = null
  /** Roots that were shown: one that goes must be told too. */
  #shown: ReadonlySet<string> = new Set()

  constructor(deps: CheckpointServiceDeps, init: CheckpointServiceInit) {
    this.#deps = deps
    const { book, clock, log } = deps
    this.#events = new Emitter((err) => log.error({ err }, 'a listener of the checkpoints failed'))
    this.#announcements = new Announcements(deps)
    this.#shelf = new CheckpointShelf(
      { ...deps, changed: () => this.#changed() },
      { path: join(init.home, 'checkpoints.json') },
    )
    this.#doubts = new Doubts(clock)
    this.#differences = new Differences({ ...deps, changed: () => this.#changed() })
    this.#intake = new CheckpointIntake(deps)
    const parts = {
      ...deps,
      announcements: this.#announcements,
      shelf: this.#shelf,
      doubts: this.#doubts,
      intake: this.#intake,
      bringer: new CheckpointBringer(deps),
    }
    this.#whole = new WholeCheckpoints(parts)
    this.#newcomer = new Newcomer(parts, init)
    const maker = new CheckpointMaker({ ...deps, databasePath: join(init.home, 'swarm.db'), trust: () => book.trust() })
    this.#announcer = new CheckpointAnnouncer({ ...parts, maker, isComplete: () => !this.#newcomer.isBusy }, init)
    this.#import = new CarImport({ ...parts, swarm: () => book.trust() })
  }

  /** Roots of checkpoints that came, went or changed. */
  get events(): EventSource<{ 'checkpoints:changed': { readonly roots: readonly string[] } }> {
    return this.#events
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#shelf.load(this.#deps.book.trust().anchor.swarm)
    this.#announcements.start()
    this.#undo = [this.#announcements.events.on('announcements:changed', () => this.#changed())]
    await startAll([this.#newcomer, this.#announcer])
  }

  async stop(): Promise<void> {
    if (this.#run === null) return
    this.#run.abort()
    this.#run = null
    for (const undo of this.#undo.splice(0)) undo()
    await stopAll([this.#newcomer, this.#announcer])
    await this.#differences.stopped()
    this.#announcements.stop()
  }

  /** How far this peer is with taking over the swarm's state. */
  catchUp(): CatchUpView {
    return this.#newcomer.view()
  }

  /** Newest first. */
  list(): readonly CheckpointView[] {
    return this.#roots()
      .flatMap((root) => this.get(root) ?? [])
      .toSorted((a, b) => b.atMs - a.atMs || (a.root < b.root ? -1 : 1))
  }

  get(root: string): CheckpointView | undefined {
    return viewOf({
      candidate: this.#announcements.candidates().find((one) => one.root === root),
      shelved: this.#shelf.get(root),
      doubt: this.#doubts.about(root),
      difference: this.#difference(root),
      nameOf: this.#deps.nameOf,
    })
  }

  /** Makes one of now, and announces it if this peer has a role. @throws SwarmError */
  async create(): Promise<CheckpointView> {
    const made = await this.#announcer.create()
    return this.#one(made.root.toString())
  }

  /**
   * Brings what is not here, and checks every block and every signature.
   * @throws SwarmError NOT_FOUND, FETCH_FAILED, LIMIT_REACHED
   */
  async verify(root: Cid): Promise<CheckpointCheckView> {
    const { clock } = this.#deps
    const startedMs = clock.monotonic()
    const done = (result: Pick<CheckpointCheckView, 'records' | 'signatures' | 'problems'>): CheckpointCheckView => {
      const good = result.problems.length === 0
      if (good) this.#doubts.clear(root)
      else this.#doubts.add(root, result.problems[0] ?? 'it is not sound')
      this.#changed()
      return { root, good, ...result, problems: [...result.problems], tookMs: clock.monotonic() - startedMs }
    }
    try {
      const { records, signatures } = await this.#heavy.run('verifying one', this.#signal(), () =>
        this.#whole.lend(root, this.#signal(), (tree, load, signal) =>
          this.#intake.look(tree, { load, signal, from: null }),
        ),
      )
      return done({ records, signatures, problems: [] })
    } catch (error) {
      if (error instanceof BadCheckpointError) return done({ records: 0, signatures: 0, problems: [...error.problems] })
      throw error
    }
  }

  /** A checkpoint as a CAR file; what is not here is brought first. @throws SwarmError NOT_FOUND, FETCH_FAILED, LIMIT_REACHED */
  file(root: Cid): Promise<CheckpointFile> {
    // What is here only streams; the rest is work.
    if (this.#shelf.get(root) !== undefined) return this.#whole.file(root, this.#signal())
    return this.#heavy.run('bringing one', this.#signal(), () => this.#whole.file(root, this.#signal()))
  }

  /** Writes it as a CAR file. @throws as `file`, and SwarmError DISK_FULL, PERMISSION_DENIED */
  async save(root: Cid, place: SavePlace): Promise<{ readonly path: string; readonly bytes: number }> {
    return saveFile(await this.file(root), place, this.#deps.peerId)
  }

  /**
   * Takes over the records of a CAR file, with the same checks as from the network.
   * @throws SwarmError INVALID_INPUT for what is no sound checkpoint or is of another swarm, TOO_LARGE, LIMIT_REACHED
   */
  async importFile(
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<CheckpointImportView> {
    const signal = this.#signal(options.signal)
    const imported = await this.#heavy.run('importing one', signal, () => this.#import.take(bytes, signal))
    this.#deps.onImported()
    this.#changed()
    return imported
  }

  #difference(root: string): CheckpointView['difference'] {
    const shelved = this.#shelf.get(root)
    return shelved === undefined || this.#run === null ? null : this.#differences.of(shelved.root, this.#run.signal)
  }

  #one(root: string): CheckpointView {
    const view = this.get(root)
    if (view === undefined) throw unknownCheckpoint(root)
    return view
  }

  #signal(also?: AbortSignal): AbortSignal {
    const { signal } = this.#run ?? {}
    if (signal === undefined) throw new SwarmError('INTERNAL', 'This peer is stopping.')
    return also === undefined ? signal : AbortSignal.any([signal, also])
  }

  #roots(): readonly string[] {
    const roots = new Set(this.#announcements.candidates().map(({ root }) => root))
    for (const { root } of this.#shelf.all()) roots.add(root.toString())
    return [...roots]
  }

  #changed(): void {
    const before = this.#shown
    this.#shown = new Set(this.#roots())
    this.#events.emit('checkpoints:changed', { roots: [...new Set([...before, ...this.#shown])] })
  }
}
