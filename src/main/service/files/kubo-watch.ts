import type { Clock } from '../../base/clock.ts'
import type { Startable } from '../../base/lifecycle.ts'
import { Loop } from '../../base/loop.ts'
import type { Log } from '../../base/log.ts'
import type { KuboFacts, KuboRpc } from './kubo-rpc.ts'

export interface KuboWatchDeps {
  readonly rpc: Pick<KuboRpc, 'facts' | 'url'>
  readonly clock: Clock
  readonly log: Log
  /** It answers, and did not before. */
  readonly onBack: () => void
}

/** A daemon that was started again is used again this soon; asking costs it a millisecond. */
const everyMs = 3_000

/** Whether a Kubo daemon can be used, looked at all the time. */
export class KuboWatch implements Startable {
  readonly #deps: KuboWatchDeps
  readonly #loop = new Loop((signal) => this.#rounds(signal))
  #facts: KuboFacts | null = null
  #problem: string | null = null

  constructor(deps: KuboWatchDeps) {
    this.#deps = deps
  }

  /** Who answered last; null: nobody has yet. */
  get facts(): KuboFacts | null {
    return this.#facts
  }

  /** Why it cannot be used, and what to do; null: it can, or it was not asked yet. */
  get problem(): string | null {
    return this.#problem
  }

  async start(): Promise<void> {
    await this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  async #rounds(signal: AbortSignal): Promise<void> {
    const { rpc, clock, log, onBack } = this.#deps
    let isUp = false
    while (!signal.aborted) {
      try {
        this.#facts = await rpc.facts({ signal })
        this.#problem = null
        if (!isUp) {
          log.info({ url: rpc.url, version: this.#facts.version }, 'the Kubo that keeps the files answers')
          onBack()
        }
        isUp = true
      } catch (error) {
        if (signal.aborted) return
        const problem = error instanceof Error ? error.message : String(error)
        if (problem !== this.#problem) log.warn({ err: error }, 'the Kubo that keeps the files cannot be used')
        this.#problem = problem
        isUp = false
      }
      await clock.sleep(everyMs, { signal }).catch(() => {})
    }
  }
}
