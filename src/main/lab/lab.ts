import { join } from 'node:path'
import { isAbort } from '../../shared/errors.ts'
import type { LabView } from '../../shared/lab-view.ts'
import { backoffMs, type BackoffInit } from '../base/backoff.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import { Emitter, type EventSource } from '../base/emitter.ts'
import type { Startable } from '../base/lifecycle.ts'
import type { Log } from '../base/log.ts'
import { robotName } from './kinds.ts'
import { subSeed } from './random.ts'
import { RobotChild } from './robot-child.ts'

export type LabRobot = LabView['robots'][number]

export interface LabDeps {
  readonly log: Log
  readonly clock?: Clock
  /** In [0, 1): spreads restarts. Default Math.random: nothing that a seed decides depends on it. */
  readonly random?: () => number
}

export interface LabInit {
  /** 1 to 50. */
  readonly robots: number
  /** Decides every robot's body: battery, drives, what its sensors see. */
  readonly seed: number
  /** Each robot's home is a folder in it, and stays: the next lab in it has the same robots with the same logs. */
  readonly home: string
  /** What the robots say they run. */
  readonly version: string
  /** Addresses of peers that the robots connect to, besides each to the one started before it. */
  readonly bootstrap: readonly string[]
  /** An invite of the swarm that the robots are to be in. Default: the first of them founds one, and lets the others in. */
  readonly join?: string
  /** How much faster than life the bodies live. Default 1. */
  readonly pace?: number
  /** Default 2 s. */
  readonly sampleEveryMs?: number
  /** How often each speaks. Default 10 s. */
  readonly speakEveryMs?: number
  /** Waits before a robot that ended is started again; `never` leaves it down. Default 1 s to 60 s. */
  readonly restart?: BackoffInit | 'never'
}

/** A robot that ran for so long had recovered: the next fall is a new one. */
const steadyMs = 60_000

/**
 * Simulated Duckiebots: real peers with simulated bodies, each in a process of its own. They start one after another,
 * so that a small machine stays usable, and form a swarm alone, each knowing the one before. A robot that falls is
 * started again with backoff; robots end with this process, however it ends.
 */
export class Lab implements Startable {
  readonly #deps: LabDeps
  readonly #init: LabInit
  readonly #clock: Clock
  readonly #events: Emitter<{ 'robot:changed': LabRobot }>
  readonly #robots: LabRobot[]
  readonly #addresses: (readonly string[])[] = []
  readonly #children = new Map<number, RobotChild>()
  /** Into the swarm of the lab. */
  #link: string | null
  #run: AbortController | undefined
  #keepers: Promise<void>[] = []
  #launch: Promise<void> = Promise.resolve()

  constructor(deps: LabDeps, init: LabInit) {
    this.#deps = deps
    this.#init = init
    this.#clock = deps.clock ?? systemClock
    this.#link = init.join ?? null
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener of the lab failed'))
    this.#robots = Array.from({ length: init.robots }, (_, index) => ({
      name: robotName(index),
      peer: null,
      state: 'stopped' as const,
      error: null,
    }))
  }

  get events(): EventSource<{ 'robot:changed': LabRobot }> {
    return this.#events
  }

  status(): LabView {
    return { running: this.#run !== undefined, robots: this.#robots.map((robot) => ({ ...robot })) }
  }

  /** A way into the swarm of the robots; null until the first of them is up. */
  invite(): string | null {
    return this.#link
  }

  /** Where the robots that have come up listen, all of them. */
  addresses(): readonly string[] {
    return this.#addresses.flat()
  }

  /** Process ids of the robots that run, by name: tests and benches look at them from outside. */
  pids(): ReadonlyMap<string, number> {
    const pids = new Map<string, number>()
    for (const [index, { pid }] of this.#children) if (pid !== undefined) pids.set(robotName(index), pid)
    return pids
  }

  /** Where a robot listens; empty before it first ran. */
  addressesOf(name: string): readonly string[] {
    return this.#addresses[this.#robots.findIndex((robot) => robot.name === name)] ?? []
  }

  /** Returns at once; robots come up one by one, which `status` and the events tell. */
  async start(): Promise<void> {
    if (this.#run !== undefined) return
    const run = new AbortController()
    this.#run = run
    this.#launch = this.#startAll(run.signal)
  }

  async stop(): Promise<void> {
    if (this.#run === undefined) return
    this.#run.abort()
    this.#run = undefined
    await Promise.all([...this.#children.values()].map((child) => child.stop()))
    await this.#launch
    await Promise.all(this.#keepers)
    this.#keepers = []
    for (const [index, { state }] of this.#robots.entries()) {
      if (state !== 'stopped') this.#set(index, { state: 'stopped', error: null })
    }
  }

  async #startAll(signal: AbortSignal): Promise<void> {
    for (const index of this.#robots.keys()) {
      if (signal.aborted) return
      await new Promise<void>((firstTryOver) => {
        this.#keepers.push(this.#keep(index, signal, firstTryOver))
      })
    }
  }

  /** Keeps one robot running until the lab stops. @param tried called once it is up, or its first try failed */
  async #keep(index: number, signal: AbortSignal, tried: () => void): Promise<void> {
    const { log, random = Math.random } = this.#deps
    const { restart = { minMs: 1_000, maxMs: 60_000 } } = this.#init
    let failures = 0
    while (!signal.aborted) {
      const child = this.#spawn(index)
      const news = await child.ready()
      const readyAtMs = this.#clock.monotonic()
      if (news !== null) {
        this.#addresses[index] = news.addresses
        if (this.#init.join === undefined) this.#link = news.invite ?? this.#link
        this.#set(index, { peer: news.peer, state: 'running', error: null })
      }
      tried()
      const why = await child.ended
      this.#children.delete(index)
      if (signal.aborted) break
      failures = news !== null && this.#clock.monotonic() - readyAtMs > steadyMs ? 1 : failures + 1
      log.warn({ robot: robotName(index), why }, 'a simulated robot ended')
      this.#set(index, { state: 'failed', error: why })
      if (restart === 'never') return
      await this.#clock.sleep(backoffMs(failures, random(), restart), { signal }).catch((err: unknown) => {
        if (!isAbort(err)) throw err
      })
    }
    this.#set(index, { state: 'stopped', error: null })
  }

  #spawn(index: number): RobotChild {
    const { home, seed, version, bootstrap, pace, sampleEveryMs, speakEveryMs } = this.#init
    const name = robotName(index)
    // Why it fell stays to be read until it is up again.
    this.#set(index, { state: 'starting' })
    const child = new RobotChild(this.#deps, {
      name,
      kind: index,
      seed: subSeed(seed, index),
      home: join(home, name),
      version,
      bootstrap: [...bootstrap, ...this.#neighbour(index)],
      join: this.#link,
      pace: pace ?? 1,
      sampleEveryMs: sampleEveryMs ?? 2_000,
      speakEveryMs: speakEveryMs ?? 10_000,
    })
    this.#children.set(index, child)
    return child
  }

  /**
   * Where another robot listens, so that robots form a swarm even when nobody else is there: the nearest before this
   * one, else (the first robot came back, on another port) the nearest after it.
   */
  #neighbour(index: number): readonly string[] {
    const before = this.#addresses.slice(0, index).findLast((addresses) => addresses !== undefined)
    return before ?? this.#addresses.slice(index + 1).find((addresses) => addresses !== undefined) ?? []
  }

  #set(index: number, change: Partial<LabRobot>): void {
    const before = this.#robots[index]
    if (before === undefined) return
    const robot = { ...before, ...change }
    this.#robots[index] = robot
    this.#events.emit('robot:changed', { ...robot })
  }
}
