import { isAbort } from '../../../shared/errors.ts'
import type { RobotFacts, Role } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { encodeMachine, systemWords } from './machine-record.ts'

/** What this machine says of itself, besides what it can see for itself. */
export interface SelfProfile {
  readonly name: string
  readonly role: Role
  readonly version: string
  readonly robot: RobotFacts | null
  readonly simulated: boolean
  /** See MachineFacts. Default: false. */
  readonly archive?: boolean
  /** See MachineFacts. Default: 1. */
  readonly copies?: number
}

export interface AnnouncerDeps {
  readonly book: RecordBook
  readonly addresses: () => readonly string[]
  readonly clockSkewMs: () => number | null
  readonly clock: Clock
  /** In [0, 1): spreads a thousand robots' announcements over time. */
  readonly random: () => number
  readonly log: Log
  readonly counters: Counters
}

export interface AnnouncerInit {
  readonly profile: SelfProfile
  readonly startedAtMs: number
  /** How often this machine promises to speak. */
  readonly speakEveryMs: number
  /** How often it repeats who it is, though nothing changed. */
  readonly repeatEveryMs: number
}

/** A change of the clock's skew by less is told with the next announcement: nobody would set a clock for it. */
const worthSayingMs = 60_000
/** As long as a machine is shown after it was last heard. */
const validForMs = 7 * 24 * 60 * 60_000

/**
 * Authors this machine's `machines` record: at the start, at once when it changed, now and then, and as a goodbye.
 * In between, its health summaries show that it is there; only when those fail does it repeat itself at their pace.
 * So a thousand robots cost the swarm one record each in 10 s, not two.
 */
export class Announcer implements Startable {
  readonly #deps: AnnouncerDeps
  readonly #init: AnnouncerInit
  #profile: SelfProfile
  #run: AbortController | undefined
  #loop: Promise<void> = Promise.resolve()
  #spokeAtMs = -Infinity
  #announcedAtMs = -Infinity
  #announced = ''
  #announcedSkewMs = 0
  #pending = false

  constructor(deps: AnnouncerDeps, init: AnnouncerInit) {
    this.#deps = deps
    this.#init = init
    this.#profile = init.profile
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    this.#run = new AbortController()
    this.#announce(false)
    this.#loop = this.#repeat(this.#run.signal)
  }

  async stop(): Promise<void> {
    if (this.#run === undefined) return
    this.#run.abort()
    this.#run = undefined
    await this.#loop
    this.#announce(true)
  }

  get profile(): SelfProfile {
    return this.#profile
  }

  setProfile(profile: SelfProfile): void {
    this.#profile = profile
    this.checkChanged()
  }

  /** This machine said something else that shows that it is there. */
  spoke(): void {
    this.#spokeAtMs = this.#deps.clock.monotonic()
  }

  /** Announces at once when what there is to say has changed. Addresses come and go in bursts, so the last of a burst counts. */
  checkChanged(): void {
    if (this.#run === undefined || this.#pending) return
    this.#pending = true
    queueMicrotask(() => {
      this.#pending = false
      if (this.#run !== undefined && this.#differs()) this.#announce(false)
    })
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    const { speakEveryMs, repeatEveryMs } = this.#init
    try {
      for (;;) {
        await clock.sleep(speakEveryMs * (0.45 + 0.1 * random()), { signal })
        const now = clock.monotonic()
        const silent = now - this.#spokeAtMs >= speakEveryMs * 1.3
        if (silent || now - this.#announcedAtMs >= repeatEveryMs) this.#announce(false)
        else this.checkChanged()
      }
    } catch (err) {
      if (!isAbort(err)) this.#deps.log.error({ err }, 'announcing ended')
    }
  }

  #announce(leaving: boolean): void {
    const { book, counters, log } = this.#deps
    try {
      this.#announced = this.#words()
      this.#announcedSkewMs = this.#deps.clockSkewMs() ?? 0
      book.author({ bucket: 'machines', key: 'self', value: encodeMachine(this.#facts(leaving)), validForMs })
      this.spoke()
      this.#announcedAtMs = this.#spokeAtMs
    } catch (err) {
      counters.add('membership.failed:announce')
      log.warn({ err }, 'this machine could not be announced; it is tried again')
    }
  }

  #facts(leaving: boolean): Parameters<typeof encodeMachine>[0] {
    const { root, fingerprint } = this.#deps.book.trust()
    return {
      ...this.#profile,
      os: systemWords(),
      addresses: [...this.#deps.addresses()].sort(),
      startedAtMs: this.#init.startedAtMs,
      announceEveryMs: this.#init.speakEveryMs,
      leaving,
      clockSkewMs: this.#deps.clockSkewMs(),
      rootVersion: root?.version ?? null,
      trustFingerprint: root === null ? null : fingerprint,
      archive: this.#profile.archive ?? false,
      copies: this.#profile.copies ?? 1,
    }
  }

  #differs(): boolean {
    // Against what was announced, so that a skew at the edge of something does not make this machine talk all the time.
    const skewMs = this.#deps.clockSkewMs() ?? 0
    return this.#words() !== this.#announced || Math.abs(skewMs - this.#announcedSkewMs) > worthSayingMs
  }

  /**
   * What is announced at once when it changes. Not the trust fingerprint: a thousand robots that are admitted one by
   * one would make each of the thousand speak a thousand times.
   */
  #words(): string {
    const { addresses, book } = this.#deps
    return JSON.stringify([this.#profile, [...addresses()].sort(), book.trust().root?.version])
  }
}
