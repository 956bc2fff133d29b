import { isAbort } from '../../shared/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import type { Sample, Sampler } from '../service/diagnostics/sampler.ts'
import { bodyNotes, newBody, stepBody, type BodyState } from './body.ts'
import { DriveLog } from './drive-log.ts'
import type { RobotKind } from './kinds.ts'
import { LogShelf } from './log-shelf.ts'
import { seeded, type Random } from './random.ts'

export interface RobotBodyDeps {
  readonly clock: Clock
  readonly log: Log
}

export interface RobotBodyInit {
  readonly name: string
  readonly kind: RobotKind
  readonly seed: number
  /** Where its logs land. */
  readonly shareDir: string
  /** How much faster than life it lives. Default 1. */
  readonly pace?: number
}

/** Ten times a second while it records, as its sensors run; else twice, which is nearly free. */
const busyStepMs = 100
const idleStepMs = 500
/** A real camera's recording is so much larger than our small pictures: the simulated disk counts it so. */
const diskScale = 500

/** A simulated robot's life: its body moves on with the clock, its drives are recorded, and it is sampled like a real one. */
export class RobotBody implements Startable, Sampler {
  readonly #deps: RobotBodyDeps
  readonly #init: RobotBodyInit
  readonly #random: Random
  readonly #shelf: LogShelf
  readonly #diskBase: number
  #state: BodyState
  #logBytes = 0
  #recording: DriveLog | undefined
  #run: AbortController | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: RobotBodyDeps, init: RobotBodyInit) {
    this.#deps = deps
    this.#init = init
    this.#random = seeded(init.seed)
    this.#shelf = new LogShelf({ folder: init.shareDir, robot: init.name })
    this.#diskBase = 0.3 + 0.3 * this.#random()
    this.#state = newBody(init, this.#random)
  }

  get state(): BodyState {
    return this.#state
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    this.#run = new AbortController()
    await this.#shelf.prepare()
    this.#logBytes = await this.#shelf.tidy()
    this.#loop = this.#live(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    await this.#loop
    this.#run = undefined
  }

  async sample(): Promise<Sample> {
    const { kind } = this.#init
    const state = this.#state
    const used = Math.min(kind.diskBytes * 0.98, kind.diskBytes * this.#diskBase + this.#logBytes * diskScale)
    return {
      values: {
        cpuPercent: state.cpuPercent,
        memoryPercent: state.memoryPercent,
        diskPercent: (used / kind.diskBytes) * 100,
        temperatureC: state.temperatureC,
        ...(kind.hasBattery ? { batteryPercent: state.batteryPercent } : {}),
        netRxBytesPerS: state.netRxBytesPerS,
        netTxBytesPerS: state.netTxBytesPerS,
        load1: state.load1,
      },
      batteryCharging: kind.hasBattery ? state.activity === 'docked' : null,
      memoryTotalBytes: kind.memoryBytes,
      diskTotalBytes: kind.diskBytes,
      diskFreeBytes: Math.round(kind.diskBytes - used),
      uptimeS: Math.round(state.uptimeMs / 1_000),
      notes: bodyNotes(state),
    }
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    let atMs = clock.monotonic()
    try {
      while (!signal.aborted) {
        await clock.sleep(this.#recording === undefined ? idleStepMs : busyStepMs, { signal })
        const now = clock.monotonic()
        // A machine that slept does not live through the night in one step.
        this.#state = stepBody(this.#state, Math.min(now - atMs, 5_000), this.#init, this.#random)
        atMs = now
        await this.#record()
      }
    } catch (err) {
      if (!isAbort(err)) log.error({ err }, 'the simulated body stopped')
    } finally {
      await this.#recording?.end(clock.now()).catch((err: unknown) => log.warn({ err }, 'a drive log was not finished'))
      this.#recording = undefined
    }
  }

  /** A drive is one recording. A disk that cannot take it costs the log, not the robot. */
  async #record(): Promise<void> {
    const { clock, log } = this.#deps
    const { name, kind, shareDir } = this.#init
    const state = this.#state
    const busy = state.activity === 'driving' || state.activity === 'watching'
    try {
      if (busy && this.#recording === undefined) {
        await this.#shelf.prepare()
        const drive = { folder: shareDir, robot: name, kind, drive: state.drives, startedAtMs: clock.now() }
        this.#recording = await DriveLog.begin(drive, this.#random)
      }
      if (busy) await this.#recording?.record(state, clock.now())
      else if (this.#recording !== undefined) {
        const recording = this.#recording
        this.#recording = undefined
        await recording.end(clock.now())
        this.#logBytes = await this.#shelf.tidy()
      }
    } catch (err) {
      log.warn({ err, shareDir }, 'a drive cannot be recorded')
      const recording = this.#recording
      this.#recording = undefined
      await recording?.abandon().catch(() => {})
      // Not again at every step: the next drive is the next try.
      this.#state = { ...this.#state, activity: 'idle', remainingMs: 30_000, speed: 0, turn: 0 }
    }
  }
}
