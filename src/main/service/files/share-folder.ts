import { watch, type FSWatcher } from 'node:fs'
import { backoffMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { Loop } from '../../base/loop.ts'
import type { Log } from '../../base/log.ts'
import { systemCode } from './disk-error.ts'
import { scanFolder, type FolderContent, type FoundFile } from './folder-scan.ts'
import type { Homes } from './homes.ts'
import { LeftOutFiles, type LeftOut } from './left-out.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { ShareRules, type FolderRules } from './share-rules.ts'

export interface ShareFolderDeps {
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
  /** Whether this very state of the file was shared before. */
  readonly known: (file: FoundFile) => boolean
  /** What of the folder is to be shared; asked before each look. */
  readonly rules: () => FolderRules
  readonly homes: Pick<Homes, 'isHome'>
  /** A file that has stopped growing; called again later when the promise rejects. A few at a time, never one twice. */
  readonly ready: (file: FoundFile, options: { readonly signal: AbortSignal }) => Promise<void>
  /**
   * All that is there, after each complete look, which began at `lookedAtMs` (monotonic); and, by name, whether a file is
   * not to be shared, be it there or not.
   */
  readonly seen: (
    files: ReadonlyMap<string, FoundFile>,
    lookedAtMs: number,
    isLeftOut: (name: string, sizeBytes: number) => boolean,
  ) => void
}

export interface ShareFolderInit {
  readonly dir: string
  /** A file whose size and time stay the same for so long has stopped growing. Default 2 s. */
  readonly quietMs?: number
  /** A look without a hint from the system: network drives give none. Default 15 s. */
  readonly rescanMs?: number
}

interface Candidate {
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly sinceMs: number
  /** Times that it changed after it had been still: each doubles how long it must be still. */
  readonly changes: number
}

/** Folders watched at most: each costs one of the few watches that a system gives (8,192 on older Linux). */
const maxWatched = 512
const maxQuietMs = 60_000
/** Files handed over at a time: they wait for their turn there, many are signed together, some are held by a person. */
const atATime = 64

/**
 * Looks after the share folder: the truth is in regular looks at the whole folder, the system's change events only
 * make the next look come at once. So a folder that vanishes, cannot be read or comes back needs no special case.
 */
export class ShareFolder implements Startable {
  readonly #deps: ShareFolderDeps
  readonly #loop = new Loop((signal) => this.#rounds(signal))
  readonly #dir: string
  readonly #quietMs: number
  readonly #rescanMs: number
  readonly #candidates = new Map<string, Candidate>()
  readonly #watchers = new Map<string, FSWatcher>()
  /** Still files that wait for their turn, as of the last look, and those that are handed over now. */
  #waiting: FoundFile[] = []
  readonly #busy = new Map<string, Promise<void>>()
  #wake: () => void = () => {}
  #hinted = false
  #leastRestMs = 0
  #problem: string | null = null
  readonly #leftOut: LeftOutFiles

  constructor(deps: ShareFolderDeps, init: ShareFolderInit) {
    this.#deps = deps
    this.#leftOut = new LeftOutFiles(deps.counters)
    this.#dir = init.dir
    this.#quietMs = init.quietMs ?? 2_000
    this.#rescanMs = init.rescanMs ?? 15_000
  }

  /** Why the folder cannot be read, in words; null while it can. */
  get problem(): string | null {
    return this.#problem
  }

  /** What is in the folder and is not shared, as of the last look. */
  get leftOut(): readonly LeftOut[] {
    return this.#leftOut.all
  }

  /** What an operator should know and do something about. */
  warnings(): readonly { readonly code: string; readonly message: string }[] {
    if (this.#problem !== null) return [{ code: 'SHARE_DIR_UNREADABLE', message: this.#problem }]
    const { warning } = this.#leftOut
    return warning === null ? [] : [{ code: 'FILES_LEFT_OUT', message: warning }]
  }

  async start(): Promise<void> {
    await this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
    this.#waiting = []
    await Promise.all(this.#busy.values())
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
    this.#candidates.clear()
  }

  /** Looks now instead of at the next turn. */
  look(): void {
    this.#hinted = true
    this.#wake()
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    let failures = 0
    let made = false
    while (!signal.aborted) {
      let waitMs: number
      try {
        this.#hinted = false
        // Once: a drive that was unplugged must be missed, not replaced by an empty folder that takes all shares back.
        if (!made) await makeFolder(this.#dir)
        made = true
        const startedMs = clock.monotonic()
        const rules = await ShareRules.read(this.#dir, this.#deps.rules())
        const content = await scanFolder(this.#dir, rules, { homes: this.#deps.homes, signal })
        this.#leftOut.set(content.leftOut)
        // A folder of many thousand files must not be looked at all the time because one of them is being written.
        this.#leastRestMs = Math.max(this.#quietMs / 4, 5 * (clock.monotonic() - startedMs))
        this.#problem = null
        failures = 0
        this.#watch(content.folders)
        waitMs = this.#consider(content, rules, startedMs, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
        waitMs = backoffMs(failures, random(), { minMs: 1_000, maxMs: 30_000 })
        failures += 1
      }
      await this.#rest(waitMs, clock, signal)
    }
  }

  /** Puts those that are still in line, and tells how long until the next look. */
  #consider(content: FolderContent, rules: ShareRules, lookedAtMs: number, signal: AbortSignal): number {
    const { clock, known, seen } = this.#deps
    let nextMs = this.#rescanMs
    this.#waiting = []
    for (const file of content.files.values()) {
      // An empty file is one that has not begun.
      if (this.#busy.has(file.path) || file.sizeBytes === 0 || known(file)) continue
      const candidate = this.#candidate(file, clock.monotonic())
      const leftMs = candidate.sinceMs + quietOf(this.#quietMs, candidate.changes) - clock.monotonic()
      if (leftMs > 0) nextMs = Math.min(nextMs, Math.max(leftMs, this.#quietMs / 4))
      else this.#waiting.push(file)
    }
    for (const path of this.#candidates.keys()) if (!content.files.has(path)) this.#candidates.delete(path)
    if (!content.partial) {
      const leftOut = new Set(content.leftOut.map(({ name }) => name))
      // Of what lies in a folder that is left out, or beyond what is listed, only the rules tell.
      const isLeftOut = (name: string, sizeBytes: number): boolean =>
        leftOut.has(name) ||
        content.homes.some((home) => name.startsWith(home)) ||
        rules.against(name, { isFolder: false, sizeBytes }) !== null
      seen(content.files, lookedAtMs, isLeftOut)
    }
    this.#handOver(signal)
    return nextMs
  }

  /** Hashing takes minutes for a large file: it does not hold up the looks, which notice what is deleted. */
  #handOver(signal: AbortSignal): void {
    while (this.#busy.size < atATime && !signal.aborted) {
      const file = this.#waiting.shift()
      if (file === undefined) return
      const work = this.#one(file, signal).finally(() => {
        this.#busy.delete(file.path)
        this.#handOver(signal)
      })
      this.#busy.set(file.path, work)
    }
  }

  /** Never rejects. */
  async #one(file: FoundFile, signal: AbortSignal): Promise<void> {
    const { clock, counters, ready } = this.#deps
    const changes = (this.#candidates.get(file.path)?.changes ?? 0) + 1
    const { sizeBytes, mtimeMs } = file
    try {
      await ready(file, { signal })
    } catch {
      if (signal.aborted) return
      counters.add('files.hashing:again')
      // The next look tells how long to wait.
      this.look()
    }
    // Starts to be still anew, and for longer: what changed or failed once should not be tried all the time.
    this.#candidates.set(file.path, { sizeBytes, mtimeMs, changes, sinceMs: clock.monotonic() })
  }

  #candidate(file: FoundFile, nowMs: number): Candidate {
    const before = this.#candidates.get(file.path)
    const { sizeBytes, mtimeMs } = file
    if (before?.sizeBytes === sizeBytes && before.mtimeMs === mtimeMs) return before
    const candidate = { sizeBytes, mtimeMs, sinceMs: nowMs, changes: before?.changes ?? 0 }
    this.#candidates.set(file.path, candidate)
    return candidate
  }

  #failed(error: unknown): void {
    const code = systemCode(error)
    const why =
      code === 'EACCES' || code === 'EPERM' ? 'no permission' : error instanceof Error ? error.message : 'unknown'
    if (this.#problem === null) {
      this.#deps.counters.add('files.share-folder:unreadable')
      this.#deps.log.warn({ err: error, dir: this.#dir }, 'the share folder cannot be read; trying again')
    }
    this.#problem = `The share folder ${this.#dir} cannot be read (${why}). Check that it is there and who may read it; it is tried again by itself.`
    this.#watch([])
  }

  async #rest(waitMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const leastMs = Math.min(waitMs, this.#leastRestMs)
    await clock.sleep(leastMs, { signal }).catch(() => {})
    if (this.#hinted || signal.aborted) return
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await clock.sleep(waitMs - leastMs, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {})
    this.#wake = () => {}
  }

  #watch(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, maxWatched))
    for (const [dir, watcher] of this.#watchers) {
      if (wanted.has(dir)) continue
      watcher.close()
      this.#watchers.delete(dir)
    }
    for (const dir of wanted) {
      if (this.#watchers.has(dir)) continue
      const forget = (): void => {
        this.#watchers.get(dir)?.close()
        this.#watchers.delete(dir)
      }
      try {
        const watcher = watch(dir, { persistent: false }, (event, name) => {
          // The folder itself was moved or removed: this watch sees nothing more.
          if (event === 'rename' && name !== null && dir.endsWith(name)) forget()
          this.look()
        })
        watcher.on('error', forget)
        this.#watchers.set(dir, watcher)
      } catch {
        // No watches left: the regular look finds it.
        this.#deps.counters.add('files.watch:refused')
        return
      }
    }
  }
}

function quietOf(quietMs: number, changes: number): number {
  return Math.min(Math.max(quietMs, maxQuietMs), quietMs * 2 ** Math.min(changes, 10))
}
