import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { buckets } from '../model/bucket.ts'
import { firstReleaseMs } from '../model/clock-sync.ts'
import { signRecord, type SignedRecord } from '../model/record.ts'
import type { TrustAnchor } from '../model/trust.ts'
import type { Identity } from './identity-store.ts'
import { readSwarm, writeSwarm, type SwarmFile } from './swarm-file.ts'

export type { SwarmAsk, SwarmFile } from './swarm-file.ts'

export interface SwarmStoreDeps {
  readonly identity: Identity
  /** The machine's own clock: swarm time is only known once there is a swarm. */
  readonly clock: Clock
  readonly log: Log
}

/** How a swarm is founded when the home has none. */
export interface FoundInit {
  /** Default: "home swarm". */
  readonly name?: string | undefined
  /** 32 bytes; default null: not private. */
  readonly networkKey?: Uint8Array | null | undefined
}

/** `<home>/swarm.json` in memory: every change is on disk when the call returns. */
export class SwarmStore {
  readonly #home: string
  #file: SwarmFile

  constructor(home: string, file: SwarmFile) {
    this.#home = home
    this.#file = file
  }

  get(): SwarmFile {
    return this.#file
  }

  /** Changes some of it; the anchor has a way of its own. Throws INVALID_INPUT, DISK_FULL, PERMISSION_DENIED. */
  update(patch: Partial<Omit<SwarmFile, 'anchor' | 'rootRecord'>>): SwarmFile {
    return this.#write({ ...this.#file, ...patch })
  }

  /** Believes a newer root from now on. One of a lower version, or of the same, changes nothing. */
  raiseAnchor(root: SignedRecord, rootVersion: number): TrustAnchor {
    const { anchor, rootRecord } = this.#file
    const newer = rootVersion > anchor.rootVersion
    // The record of a root that an invite named is kept once it is here; so are signatures that came later.
    const same = root.id === anchor.root && root.attestations.length >= (rootRecord?.attestations.length ?? -1)
    if (newer)
      this.#write({ ...this.#file, anchor: { swarm: anchor.swarm, root: root.id, rootVersion }, rootRecord: root })
    else if (same && root !== rootRecord) this.#write({ ...this.#file, rootRecord: root })
    return this.#file.anchor
  }

  #write(next: SwarmFile): SwarmFile {
    writeSwarm(this.#home, next)
    this.#file = next
    return next
  }
}

/**
 * The swarm of a home. A home without one founds its own: a root record of one key, this peer's, and a threshold of
 * one. `get().rootRecord` is then to be merged into the book, as it is after the database was lost.
 * @throws SwarmError SWARM_UNREADABLE, DISK_FULL, PERMISSION_DENIED
 */
export function openSwarm(home: string, deps: SwarmStoreDeps, init: FoundInit = {}): SwarmStore {
  const found = readSwarm(home)
  if (found !== undefined) return new SwarmStore(home, found)
  const file = foundSwarm(deps, init)
  writeSwarm(home, file)
  deps.log.info({ swarm: file.anchor.swarm, name: file.name }, 'a swarm was founded: this peer is its root')
  return new SwarmStore(home, file)
}

/** A new swarm of one root key; nothing is written. */
export function foundSwarm(
  { identity, clock }: Pick<SwarmStoreDeps, 'identity' | 'clock'>,
  init: FoundInit,
): SwarmFile {
  const name = init.name ?? 'home swarm'
  // A machine without a clock battery founds its swarm then, not in 1970.
  const validFrom = Math.max(firstReleaseMs, Math.trunc(clock.now()))
  const root = signRecord(
    {
      v: 1,
      bucket: 'trust',
      key: 'root',
      value: { version: 1, name, keys: [identity.publicKey], threshold: 1 },
      author: identity.peerId,
      seq: 1,
      validFrom,
      validUntil: validFrom + buckets.trust.maxValidityMs,
    },
    identity,
    'founding',
  )
  return {
    anchor: { swarm: root.id, root: root.id, rootVersion: 1 },
    name,
    networkKey: init.networkKey ?? null,
    bootstrap: [],
    ask: null,
    lastTimeMs: validFrom,
    rootRecord: root,
  }
}
