import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PeerId } from '../../../shared/ids.ts'
import { flightId, type FlightCause, type FlightView } from '../../../shared/recorder-views.ts'
import type { SwarmClock } from '../../base/swarm-clock.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { Diagnostics } from '../diagnostics/diagnostics.ts'
import { diskError } from '../files/disk-error.ts'
import { roomAt } from '../files/disk-room.ts'
import { numbered, safeName } from '../files/safe-name.ts'
import { LogFailure, type LogThreads } from '../logs/log-threads.ts'
import { maxFlightBytes } from './flight-budget.ts'
import { asideOf, folderOf, makeFlightFolder } from './flight-folder.ts'
import { healthCsv } from './health-csv.ts'
import { huntLogs, type FoundLog } from './log-hunt.ts'
import type { RecordSlice } from './record-slice.ts'

export interface FlightMakerDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'live'>
  readonly diagnostics: Pick<Diagnostics, 'history'>
  readonly neighbours: () => readonly PeerId[]
  readonly slice: RecordSlice
  readonly threads: LogThreads
  readonly clock: SwarmClock
  /** What may be written where a folder lies. Default: as the system says. */
  readonly roomAt?: (folder: string) => Promise<{ readonly freeBytes: number } | null>
}

export interface FlightPlan {
  readonly cause: FlightCause
  readonly words: string
  /** By swarm time. */
  readonly atMs: number
  readonly minutes: number
  /** Swarm time minus the clock of this machine when the logs were written; files have their times by that. */
  readonly offsetMs: number
  readonly paths: readonly string[]
  readonly shareDir: string
  /** The peer's own folder, which holds its key. */
  readonly home: string
  readonly name: string
  readonly simulated: boolean
}

export type Flight = Omit<FlightView, 'files'> & {
  readonly files: readonly Omit<FlightView['files'][number], 'cid'>[]
}

/** What a log brings at most: ten minutes of a camera packed as JPEG. */
const maxLogBytes = 32 * 1_024 * 1_024
/** Less is not worth a file. */
const minLogBytes = 64 * 1_024
/** Where less is free, the logs that are being written need it more; records and health are small. */
const spareBytes = 256 * 1_024 * 1_024
/** What comes later than this after the fault is of another time: a peer that died may be back hours after it. */
const afterMs = 60_000
/** Their last words are told, besides all that came lately. */
const maxNeighbours = 64
/** Of one table: an hour at a sample every 2 s. */
const maxPoints = 1_800
/** Told in the document; a pattern may match anything. */
const maxLeftOut = 100

/** Writes one flight: the ends of logs, records and health, first aside, then under its name. */
export class FlightMaker {
  readonly #deps: FlightMakerDeps

  constructor(deps: FlightMakerDeps) {
    this.#deps = deps
  }

  /** @throws SwarmError DISK_FULL, PERMISSION_DENIED, NOT_FOUND; nothing is left of it then */
  async make(plan: FlightPlan, signal: AbortSignal): Promise<Flight> {
    const id = flightId(plan.cause, plan.atMs)
    const aside = asideOf(plan.shareDir, id)
    try {
      await makeFlightFolder(plan.shareDir)
      await rm(aside, { recursive: true, force: true })
      await mkdir(aside)
      const flight = await this.#fill(id, aside, plan, signal)
      signal.throwIfAborted()
      await rename(aside, folderOf(plan.shareDir, id))
      return flight
    } catch (error) {
      await rm(aside, { recursive: true, force: true }).catch(() => {})
      signal.throwIfAborted()
      throw diskError(error, `saving the last minutes in ${plan.shareDir}`)
    }
  }

  async #fill(id: string, dir: string, plan: FlightPlan, signal: AbortSignal): Promise<Flight> {
    const { clock, slice, diagnostics, self } = this.#deps
    const { cause, words, atMs, minutes, name, simulated } = plan
    const fromMs = Math.trunc(atMs - minutes * 60_000)
    const nowMs = Math.trunc(clock.now())
    const toMs = Math.max(Math.min(nowMs, Math.trunc(atMs + afterMs)), fromMs + 1)
    const { files, leftOut } = await this.#logs(dir, { fromMs, toMs, isLate: toMs < nowMs }, plan, signal)
    const records = slice.toJson(fromMs, toMs, this.#lastWords())
    const health = healthCsv(
      diagnostics.history({ peer: self, fromMs, toMs, maxPoints: Math.min(maxPoints, toMs - fromMs) }),
    )
    const about = { id, cause, words, atMs, minutes, leftOut }
    const document = {
      v: 1,
      ...about,
      at: new Date(atMs).toISOString(),
      robot: name,
      peer: self,
      simulated,
      fromMs,
      toMs,
      records: records.records,
      files,
    }
    const written = [
      ['records.json', records.text],
      ['health.csv', health],
      ['flight.json', `${JSON.stringify(document, undefined, 1)}\n`],
    ] as const
    for (const [file, text] of written) await writeFile(join(dir, file), text, { flag: 'wx' })
    const all = [
      ...files.map((file) => ({ name: file.name, sizeBytes: file.sizeBytes, problem: file.problem })),
      ...written.map(([file, text]) => ({ name: file, sizeBytes: Buffer.byteLength(text), problem: null })),
    ]
    return { ...about, sizeBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), files: all }
  }

  async #logs(
    dir: string,
    { fromMs, toMs, isLate }: { readonly fromMs: number; readonly toMs: number; readonly isLate: boolean },
    plan: FlightPlan,
    signal: AbortSignal,
  ) {
    const room = await (this.#deps.roomAt ?? roomAt)(plan.shareDir)
    const sinceMs = fromMs - plan.offsetMs
    const untilMs = toMs - plan.offsetMs
    const { logs, leftOut } = await huntLogs({
      paths: plan.paths,
      sinceMs,
      untilMs,
      closed: [plan.home, join(plan.shareDir, 'flight')],
      open: [plan.shareDir],
      signal,
    })
    const files: {
      name: string
      sizeBytes: number
      startMs: number | null
      endMs: number | null
      problem: string | null
    }[] = []
    const left = [...leftOut]
    const taken = new Set(['records.json', 'health.csv', 'flight.json'])
    let roomBytes = Math.min(maxFlightBytes, (room?.freeBytes ?? Infinity) - spareBytes)
    for (const log of logs) {
      signal.throwIfAborted()
      if (roomBytes < minLogBytes) {
        left.push({ name: log.name, why: 'there is no room for more' })
        continue
      }
      const name = freeName(safeName(log.name, 'log'), taken)
      const to = join(dir, name)
      const maxBytes = Math.min(maxLogBytes, roomBytes)
      const backMs = Math.max(0, log.mtimeMs - sinceMs)
      const skipMs = isLate ? Math.max(0, log.mtimeMs - untilMs) : 0
      const tail = await this.#tail(log, { to, backMs, skipMs, maxBytes }, plan, signal)
      if ('why' in tail) {
        await rm(to, { force: true })
        left.push({ name: log.name, why: tail.why })
        continue
      }
      taken.add(name)
      files.push({ name, ...tail })
      roomBytes -= tail.sizeBytes
    }
    return { files, leftOut: left.slice(0, maxLeftOut) }
  }

  async #tail(
    log: FoundLog,
    how: { readonly to: string; readonly backMs: number; readonly skipMs: number; readonly maxBytes: number },
    { cause, words, atMs, minutes, name, simulated }: FlightPlan,
    signal: AbortSignal,
  ) {
    const about = [
      ['robot', name],
      ['fault', cause],
      ['words', words],
      ['at', new Date(atMs).toISOString()],
      ['minutes', String(minutes)],
      ...(simulated ? ([['simulated', 'true']] as const) : []),
    ] as const
    try {
      const tail = await this.#deps.threads.run<'tail'>(
        { kind: 'tail', path: log.path, name: log.name, about, ...how },
        { signal },
      )
      const { bytes, startMs, endMs, problem } = tail
      if (bytes === null) return { why: problem ?? 'nothing was written to it in that time' }
      return { sizeBytes: bytes, startMs, endMs, problem }
    } catch (error) {
      if (!(error instanceof LogFailure) || error.reason === 'stopped') throw error
      return { why: error.message }
    }
  }

  /** What this peer and its neighbours say of themselves now, and how they are: after a start nothing else came yet. */
  #lastWords(): readonly StoredRecord[] {
    const { self, book, neighbours } = this.#deps
    const peers = [self, ...neighbours().slice(0, maxNeighbours)]
    return peers.flatMap((author) => [...book.live('machines', { author }), ...book.live('diagnostics', { author })])
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const candidate = numbered(name, n)
    if (!taken.has(candidate)) return candidate
  }
}
