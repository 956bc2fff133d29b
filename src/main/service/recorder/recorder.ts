import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type {
  FlightCause,
  FlightView,
  MarkedView,
  RecorderSettings,
  RecorderView,
} from '../../../shared/recorder-views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import { MarkDialogue } from '../../net/marks/mark-dialogue.ts'
import type { SwarmNode } from '../../net/swarm-node.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { Diagnostics } from '../diagnostics/diagnostics.ts'
import type { ShareList } from '../files/share-list.ts'
import type { Sharing } from '../files/sharing.ts'
import { LogThreads } from '../logs/log-threads.ts'
import { FaultWatch } from './fault-watch.ts'
import { refusal } from './flight-budget.ts'
import { folderOf } from './flight-folder.ts'
import { FlightMaker, type Flight, type FlightMakerDeps } from './flight-maker.ts'
import { FlightShelf } from './flight-shelf.ts'
import { RecordSlice } from './record-slice.ts'

export interface RecorderDeps extends Pick<FlightMakerDeps, 'roomAt'> {
  readonly self: PeerId
  readonly swarm: () => RecordId
  readonly book: Pick<RecordBook, 'events' | 'live' | 'latest' | 'trust'>
  readonly diagnostics: Pick<Diagnostics, 'events' | 'history'>
  readonly files: { readonly sharing: Pick<Sharing, 'sharePaths'>; readonly shares: Pick<ShareList, 'own'> }
  readonly node: Pick<SwarmNode, 'libp2p' | 'offenders' | 'linked' | 'connect' | 'neighbours'>
  readonly nameOf: (peer: PeerId) => string
  readonly settings: () => { readonly name: string; readonly shareDir: string; readonly recorder: RecorderSettings }
  readonly simulated: boolean
  readonly clock: SwarmClock
  readonly counters: Counters
  readonly log: Log
}

export interface RecorderInit {
  readonly home: string
  /** From a fault to its saving: what follows is in it, and recorders write what they hold back. Default 10 s. */
  readonly settleMs?: number
}

/** Taking the end of one log: most is waiting for the disk. */
const tailDeadlineMs = 30_000
/**
 * The flight recorder: on a fault, or when somebody asks, the last minutes of the logs that are being written are saved
 * and shared, with the records and the health of that time. Bounded in number, size and rate.
 */
export class Recorder implements Startable {
  readonly #deps: RecorderDeps
  readonly #init: RecorderInit
  readonly #slice: RecordSlice
  readonly #threads: LogThreads
  readonly #maker: FlightMaker
  readonly #marks: MarkDialogue
  readonly #shelf: FlightShelf
  #watch = new FaultWatch()
  #refused: string | null = null
  #job: Promise<Flight> | null = null
  #run: AbortController | null = null
  #off: Unsubscribe[] = []

  constructor(deps: RecorderDeps, init: RecorderInit) {
    this.#deps = deps
    this.#init = init
    const neighbours = (): readonly PeerId[] => deps.node.neighbours()
    this.#slice = new RecordSlice({ ...deps, neighbours })
    this.#threads = new LogThreads(deps, { threads: 1, maxWaiting: 4, deadlineMs: tailDeadlineMs })
    this.#maker = new FlightMaker({ ...deps, neighbours, slice: this.#slice, threads: this.#threads })
    this.#marks = new MarkDialogue({
      ...deps,
      mayMark: (peer) => {
        const { standing, roles } = deps.book.trust().of(peer)
        return standing === 'root' || roles.has('operator')
      },
      mark: (text, from) => this.#mark(`${text === '' ? '' : `${text}, `}by ${deps.nameOf(from)}`.slice(0, 300)),
    })
    this.#shelf = new FlightShelf(deps, { home: init.home, self: deps.self })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    const isLost = await this.#shelf.open(this.#deps.settings().shareDir)
    this.#threads.start()
    await this.#marks.start()
    const { book, diagnostics, clock, self } = this.#deps
    this.#off = [
      book.events.on('bucket:merged', ({ records }) => {
        if (this.#isOn) this.#slice.add(records, clock.now())
      }),
      clock.events.on('time:changed', () => this.#shelf.noteOffset()),
      diagnostics.events.on('health:heard', ({ peer, health }) => {
        if (peer !== self || !this.#isOn) return
        for (const { kind, words } of this.#watch.see(health)) this.#fault(kind, words, clock.now())
      }),
    ]
    // What this peer last said of its health was said while it ran.
    const last = book.latest('diagnostics', self, 'health')
    if (isLost && last !== undefined) {
      const atMs = last.record.body.validFrom
      this.#fault(
        'stopped',
        `not heard of since ${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
        atMs,
      )
    }
    this.#shelf.save(true)
  }

  async stop(): Promise<void> {
    const run = this.#run
    if (run === null) return
    run.abort()
    for (const off of this.#off) off()
    this.#off = []
    await this.#threads.stop()
    await this.#marks.stop()
    await this.#job?.catch(() => {})
    this.#run = null
    this.#slice.clear()
    this.#watch = new FaultWatch()
    this.#shelf.save(false)
  }

  /** Off, it holds nothing. */
  applySettings(): void {
    if (this.#isOn) return
    this.#slice.clear()
    this.#watch = new FaultWatch()
    this.#refused = null
  }

  status(): RecorderView {
    const { settings, files } = this.#deps
    const { recorder } = settings()
    const cidOf = (name: string): FlightView['files'][number]['cid'] => files.shares.own(name) ?? null
    return {
      state: !recorder.on ? 'off' : this.#job === null ? 'ready' : 'taking',
      settings: recorder,
      refused: this.#refused,
      flights: this.#shelf.flights.map((flight) => ({
        ...flight,
        leftOut: [...flight.leftOut],
        files: flight.files.map((file) => ({ ...file, cid: cidOf(`flight/${flight.id}/${file.name}`) })),
      })),
    }
  }

  /**
   * Saves the last minutes now, here or on another peer. Resolves once they are saved and about to be shared.
   * @throws SwarmError UNSUPPORTED, LIMIT_REACHED, DISK_FULL, PERMISSION_DENIED; of another peer UNREACHABLE, TIMEOUT
   */
  async mark(
    text: string,
    { peer, signal }: { readonly peer: PeerId; readonly signal?: AbortSignal },
  ): Promise<MarkedView> {
    if (peer === this.#deps.self) return this.#mark(text)
    return this.#marks.ask(peer, text, { signal: signal ?? new AbortController().signal })
  }

  async #mark(text: string): Promise<MarkedView> {
    if (!this.#isOn) {
      throw new SwarmError(
        'UNSUPPORTED',
        `The flight recorder of ${this.#deps.settings().name} is off: turn it on there with "dt-swarm recorder on".`,
      )
    }
    const atMs = this.#deps.clock.now()
    const why = this.#job === null ? refusal(this.#shelf.flown, 'mark', atMs) : 'It is saving right now.'
    if (why !== null) throw new SwarmError('LIMIT_REACHED', `The last minutes were not saved: ${why}`)
    const { id, files, sizeBytes, leftOut } = await this.#take('mark', text, atMs, 0)
    return { id, files: files.length, sizeBytes, leftOut: leftOut.length }
  }

  get #isOn(): boolean {
    return this.#deps.settings().recorder.on && this.#run?.signal.aborted === false
  }

  #fault(cause: FlightCause, words: string, atMs: number): void {
    const { settings, counters, log } = this.#deps
    const { recorder } = settings()
    if (!this.#isOn || !recorder.faults.some((kind) => kind === cause)) return
    counters.add(`recorder.fault:${cause}`)
    const why = this.#job === null ? refusal(this.#shelf.flown, cause, atMs) : 'The one before was being saved.'
    if (why !== null) {
      counters.add('recorder.refused:too-often')
      this.#refused = `${words}: not saved. ${why}`
      return
    }
    log.info({ cause, words }, 'a fault: the last minutes are being saved')
    this.#take(cause, words, atMs, this.#init.settleMs ?? 10_000).then(
      () => (this.#refused = null),
      (err: unknown) => {
        if (isAbort(err)) return
        counters.add('recorder.failed')
        this.#refused = `${words}: not saved. ${err instanceof Error ? err.message : String(err)}`
        log.warn({ err }, 'the last minutes could not be saved')
      },
    )
  }

  #take(cause: FlightCause, words: string, atMs: number, settleMs: number): Promise<Flight> {
    const signal = this.#run?.signal ?? AbortSignal.abort()
    const job = this.#saved({ cause, words, atMs }, settleMs, signal).finally(() => {
      this.#job = null
    })
    this.#job = job
    return job
  }

  async #saved(
    fault: { readonly cause: FlightCause; readonly words: string; readonly atMs: number },
    settleMs: number,
    signal: AbortSignal,
  ): Promise<Flight> {
    const { clock, settings, simulated, files, counters } = this.#deps
    if (settleMs > 0) await clock.sleep(settleMs, { signal })
    const { name, shareDir, recorder } = settings()
    const { minutes, paths } = recorder
    const { home } = this.#init
    const offsetMs = (fault.cause === 'stopped' ? this.#shelf.offsetBeforeMs : null) ?? clock.offsetMs
    const plan = { ...fault, minutes, offsetMs, paths, shareDir, home, name, simulated }
    const flight = await this.#maker.make(plan, signal)
    counters.add('recorder.saved')
    await this.#shelf.add(flight, shareDir)
    await files.sharing.sharePaths([folderOf(shareDir, flight.id)])
    return flight
  }
}
