import type { TrustRole } from '../../../shared/trust-views.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { buckets } from '../../model/bucket.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { encodeRole, encodeRoot, roleKey, rootKey, type RoleValue } from '../../model/trust-records.ts'
import { identityOfSeed, type Identity } from '../identity-store.ts'
import type { SwarmFile } from '../swarm-file.ts'
import type { BookSwarm } from '../trust-keeper.ts'

/** A swarm for tests: who is trusted is known at once. */
export interface TrustedSwarm {
  readonly anchor: SwarmFile['anchor']
  /** The key of its only root, which is an operator too. */
  readonly root: Identity
  /** Root and grants: merge them where they are wanted; `swarm()` brings the root by itself. */
  readonly records: readonly SignedRecord[]
  /** What a book takes as its `swarm`; one for each book, as it keeps its anchor there. */
  swarm(): MemorySwarm
  /** Another role record, signed by the root; each about a peer with a higher version than the ones before. */
  grant(peer: PeerId, roles: readonly TrustRole[], options?: { readonly atMs?: number }): SignedRecord
  revoke(peer: PeerId, options?: { readonly atMs?: number }): SignedRecord
}

/** A home's swarm that is in memory only. */
export class MemorySwarm implements BookSwarm {
  #file: SwarmFile

  constructor(file: SwarmFile) {
    this.#file = file
  }

  get(): SwarmFile {
    return this.#file
  }

  /** As when one has just joined: only the id of the root is known. */
  forgetRecord(): void {
    this.#file = { ...this.#file, rootRecord: null }
  }

  raiseAnchor(root: SignedRecord, rootVersion: number): SwarmFile['anchor'] {
    const { anchor } = this.#file
    if (rootVersion > anchor.rootVersion) {
      this.#file = { ...this.#file, anchor: { ...anchor, root: root.id, rootVersion }, rootRecord: root }
    }
    return this.#file.anchor
  }
}

/** A day before a `FakeClock` begins: tests turn clocks back too. */
const defaultAtMs = 1_700_000_000_000 - 24 * 60 * 60_000

/**
 * A swarm of one root key that has granted each of `peers` a role (default: robot).
 * @param init.atMs when all of it begins; default: the day before a `FakeClock`. Give `Date.now()` with the system clock.
 * @param init.root default: a key of its own, the same in each test
 */
export function trustedSwarm(
  peers: readonly (PeerId | { readonly peer: PeerId; readonly roles: readonly TrustRole[] })[],
  init: { readonly atMs?: number; readonly root?: Identity } = {},
): TrustedSwarm {
  const { atMs = defaultAtMs, root = identityOfSeed(new Uint8Array(32).fill(99)) } = init
  let seq = 1
  let swarm: RecordId | 'founding' = 'founding'
  const sign = (key: string, value: SignedRecord['body']['value'], validFrom = atMs): SignedRecord =>
    signRecord(
      {
        v: 1,
        bucket: 'trust',
        key,
        value,
        author: root.peerId,
        seq: seq++,
        validFrom,
        validUntil: validFrom + buckets.trust.maxValidityMs,
      },
      root,
      swarm,
    )
  const versions = new Map<PeerId, number>()
  const say = (peer: PeerId, role: Pick<RoleValue, 'roles' | 'revoked'>, validFrom?: number): SignedRecord => {
    const version = (versions.get(peer) ?? 0) + 1
    versions.set(peer, version)
    return sign(roleKey(peer), encodeRole({ version, note: null, ...role }), validFrom)
  }
  const first = sign(
    rootKey,
    encodeRoot({ version: 1, name: 'test swarm', keys: [root.peerId], threshold: 1, rules: new Map() }),
  )
  swarm = first.id
  const anchor = { swarm, root: first.id, rootVersion: 1 }
  const grants = peers.map((one) =>
    typeof one === 'string'
      ? say(one, { roles: ['robot'], revoked: false })
      : say(one.peer, { roles: one.roles, revoked: false }),
  )
  return {
    anchor,
    root,
    records: [first, ...grants],
    swarm: () =>
      new MemorySwarm({
        anchor,
        name: 'test swarm',
        networkKey: null,
        bootstrap: [],
        ask: null,
        lastTimeMs: 0,
        rootRecord: first,
      }),
    grant: (peer, roles, options) => say(peer, { roles, revoked: false }, options?.atMs),
    revoke: (peer, options) => say(peer, { roles: [], revoked: true }, options?.atMs),
  }
}
