import { SwarmError } from '../../../shared/errors.ts'
import type { TransferView } from '../../../shared/views.ts'
import { PriorityGate } from './priority-gate.ts'
import type { ShareBytes } from './share-bytes.ts'

type Priority = TransferView['priority']

/** Below this a file is mostly waiting for the disk to open, name and close it. */
export const smallBytes = 1024 * 1024
/** Large files read at a time: one keeps a robot's card busy, a second fills the gaps. */
const largeAtATime = 2
const smallAtATime = 8
/** Files held in the middle: each keeps a file open and up to 4 MiB of blocks. */
const maxHeld = 16

/** Who may read a file now. */
export class SharePlaces {
  readonly #large = new PriorityGate(largeAtATime)
  readonly #small = new PriorityGate(smallAtATime)
  /** Those that are held with a file open. */
  readonly held = new Set<ShareWork>()

  /** Resolves with a way to give the place back, once there is one. */
  take(sizeBytes: number, priority: () => Priority, signal: AbortSignal): Promise<() => void> {
    const gate = sizeBytes < smallBytes ? this.#small : this.#large
    return new Promise((resolve, reject) => {
      gate
        .run(signal, priority, () => {
          const over = Promise.withResolvers<void>()
          resolve(over.resolve)
          return over.promise
        })
        .catch(reject)
    })
  }
}

export interface ShareWorkInit {
  readonly sizeBytes: number
  readonly priority: () => Priority
  /** Gives it up, waiting, working or held. */
  readonly signal: AbortSignal
  /** Tells where it is: what a person sees. */
  readonly now: (state: 'waiting' | 'running' | 'paused') => void
}

/** The work on one file: it waits for its turn, can be held at any moment, and goes on where it was. */
export class ShareWork {
  readonly #places: SharePlaces
  readonly #init: ShareWorkInit
  #source: ShareBytes | null = null
  #leave: (() => void) | null = null
  /** One try at a place: whoever goes on twice must not take two. */
  #trying: Promise<void> | null = null
  /** Wakes what waits for a turn when it is held, and what is held when it goes on. */
  #changed = new AbortController()
  #paused = false
  #over = false

  constructor(places: SharePlaces, init: ShareWorkInit) {
    this.#places = places
    this.#init = init
  }

  /** Resolves when it may read. Rejects when it is given up, or done with. */
  async turn(): Promise<void> {
    const { signal, now } = this.#init
    while (this.#leave === null) {
      signal.throwIfAborted()
      if (this.#over) throw new DOMException('The work is over.', 'AbortError')
      this.#trying ??= this.#try().finally(() => (this.#trying = null))
      await this.#trying
    }
    now('running')
  }

  /** Waits until it goes on while it is held, else for a place. Resolves with or without one; never rejects. */
  async #try(): Promise<void> {
    const { signal, now, priority, sizeBytes } = this.#init
    const either = AbortSignal.any([signal, this.#changed.signal])
    if (this.#paused) {
      await new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }))
      return
    }
    now('waiting')
    const leave = await this.#places.take(sizeBytes, priority, either).catch(() => null)
    if (leave === null) return
    if (this.#paused || this.#over || signal.aborted) leave()
    else this.#leave = leave
  }

  /** What it reads now; held with it from here on. */
  reading(source: ShareBytes): void {
    this.#source = source
    if (this.#paused) source.hold()
  }

  /** It has read all: there is nothing to hold any more, and others may read. */
  hasRead(): void {
    this.#source = null
    this.#places.held.delete(this)
    this.#leave?.()
    this.#leave = null
  }

  /** @throws SwarmError LIMIT_REACHED */
  pause(): void {
    if (this.#paused || this.#over) return
    if (this.#source !== null) {
      if (this.#places.held.size >= maxHeld) {
        throw new SwarmError(
          'LIMIT_REACHED',
          `${maxHeld} files are held half read already: let one of them go on, or cancel it.`,
        )
      }
      this.#places.held.add(this)
      this.#source.hold()
    }
    this.#paused = true
    this.#leave?.()
    this.#leave = null
    this.#turnAround()
    this.#init.now('paused')
  }

  resume(): void {
    if (!this.#paused || this.#over) return
    this.#paused = false
    this.#places.held.delete(this)
    this.#turnAround()
    const source = this.#source
    if (source === null) return
    this.turn().then(
      // It may have been held again by whoever was told that it goes on.
      () => (this.#paused ? undefined : source.go()),
      // Given up meanwhile: whoever works on it is told by the same signal.
      () => {},
    )
  }

  /** It is done with, well or not. */
  end(): void {
    this.#over = true
    this.#places.held.delete(this)
    this.#leave?.()
    this.#leave = null
    this.#turnAround()
  }

  #turnAround(): void {
    this.#changed.abort()
    this.#changed = new AbortController()
  }
}
