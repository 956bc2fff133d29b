import type { PeerId } from '../../../shared/ids.ts'

/** Whom to dial, where, and when next. */
export interface DialTarget {
  readonly key: string
  readonly kind: 'bootstrap' | 'peer'
  addresses: readonly string[]
  /** Known from the start for a peer; for a bootstrap address, once it answered. */
  peer: PeerId | null
  /** Tries that failed in a row. */
  attempt: number
  nextAtMs: number
  dialing: boolean
  /** Peers are tried in this order, different on every machine, so that a fleet's links spread evenly. */
  readonly rank: number
}

/** Peers remembered; past this the one that failed most is forgotten. */
const maxTargets = 1_024
/** Addresses kept for one peer: its interfaces times its transports. */
const maxAddresses = 12

/** The dialer's memory: bounded, and free of time and network. */
export class DialTable {
  readonly #random: () => number
  readonly #targets = new Map<string, DialTarget>()

  constructor(random: () => number) {
    this.#random = random
  }

  setBootstrap(addresses: readonly string[], nowMs: number): void {
    const wanted = new Set(addresses.map((address) => `bootstrap:${address}`))
    for (const [key, target] of this.#targets) {
      if (target.kind === 'bootstrap' && !wanted.has(key)) this.#targets.delete(key)
    }
    for (const address of new Set(addresses)) {
      const key = `bootstrap:${address}`
      if (!this.#targets.has(key)) this.#add(key, 'bootstrap', [address], peerIn(address), nowMs)
    }
  }

  learn(peer: PeerId, addresses: readonly string[], atMs: number): void {
    const key = `peer:${peer}`
    const known = this.#targets.get(key)
    if (known === undefined) {
      this.#add(key, 'peer', addresses.slice(0, maxAddresses), peer, atMs)
      this.#trim()
      return
    }
    const fresh = addresses.some((address) => !known.addresses.includes(address))
    // The newest first: a robot that moved is where it says it is now.
    known.addresses = [...new Set([...addresses, ...known.addresses])].slice(0, maxAddresses)
    // Being seen again is a reason to try soon, but a peer that keeps failing must not be dialled on every sighting.
    if (fresh || known.attempt <= 3) known.nextAtMs = Math.min(known.nextAtMs, atMs)
    if (fresh) known.attempt = 0
  }

  /** All targets of a peer may be dialled from now on, as if they had never failed. */
  due(peer: PeerId, nowMs: number): void {
    for (const target of this.#targets.values()) if (target.peer === peer) reset(target, nowMs)
  }

  dueAll(nowMs: number): void {
    for (const target of this.#targets.values()) reset(target, nowMs)
  }

  reached(target: DialTarget, peer: PeerId): void {
    target.peer = peer
    target.attempt = 0
  }

  /** Bootstrap first, then peers by rank. */
  inOrder(): readonly DialTarget[] {
    return [...this.#targets.values()].sort((a, b) => order(a) - order(b))
  }

  /** Where a peer may be reached, as far as is known. */
  addressesOf(peer: PeerId): readonly string[] {
    return [...this.#targets.values()].flatMap((target) => (target.peer === peer ? target.addresses : []))
  }

  get size(): number {
    return this.#targets.size
  }

  #add(key: string, kind: DialTarget['kind'], addresses: readonly string[], peer: PeerId | null, at: number): void {
    const rank = this.#random()
    this.#targets.set(key, { key, kind, addresses, peer, attempt: 0, nextAtMs: at, dialing: false, rank })
  }

  #trim(): void {
    if (this.#targets.size <= maxTargets) return
    let worst: DialTarget | null = null
    for (const target of this.#targets.values()) {
      if (target.kind === 'bootstrap' || target.dialing) continue
      if (worst === null || target.attempt > worst.attempt) worst = target
    }
    if (worst !== null) this.#targets.delete(worst.key)
  }
}

function reset(target: DialTarget, nowMs: number): void {
  target.attempt = 0
  target.nextAtMs = Math.min(target.nextAtMs, nowMs)
}

const order = (target: DialTarget): number => (target.kind === 'bootstrap' ? -1 : target.rank)

function peerIn(address: string): PeerId | null {
  const match = /\/p2p\/([^/]+)$/.exec(address)
  return (match?.[1] as PeerId | undefined) ?? null
}
