import type { PeerId } from '../../../shared/ids.ts'
import type { HealthView, MachineView } from '../../../shared/views.ts'

export type Spark = MachineView['spark']

/** Ten minutes of summaries: what a card's sparkline shows. */
const sparkPoints = 60
/** As many machines as the membership table holds. */
const maxPeers = 10_000

interface Entry {
  health: HealthView | undefined
  readonly points: { readonly atMs: number; readonly cpuPercent: number | null; readonly temperatureC: number | null }[]
}

/** The newest health of each machine and a short past for its sparkline. Past 10,000 machines the one silent longest goes. */
export class LatestHealth {
  readonly #entries = new Map<PeerId, Entry>()

  get(peer: PeerId): HealthView | undefined {
    return this.#entries.get(peer)?.health
  }

  set(peer: PeerId, health: HealthView): void {
    this.#touch(peer).health = health
  }

  addToSpark(peer: PeerId, { atMs, values }: HealthView): void {
    const { points } = this.#touch(peer)
    points.push({ atMs, cpuPercent: values.cpuPercent ?? null, temperatureC: values.temperatureC ?? null })
    if (points.length > sparkPoints) points.shift()
  }

  spark(peer: PeerId): Spark {
    const points = this.#entries.get(peer)?.points ?? []
    return {
      atMs: points.map((point) => point.atMs),
      cpuPercent: points.map((point) => point.cpuPercent),
      temperatureC: points.map((point) => point.temperatureC),
    }
  }

  #touch(peer: PeerId): Entry {
    const entry = this.#entries.get(peer) ?? { health: undefined, points: [] }
    // A Map keeps the order of insertion: moving the one just heard to its end leaves the longest silent in front.
    this.#entries.delete(peer)
    this.#entries.set(peer, entry)
    if (this.#entries.size > maxPeers) {
      const oldest = this.#entries.keys().next().value
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    return entry
  }
}
