import fc from 'fast-check'
import type { TrustRole } from '../../../shared/trust-views.ts'
import { sameAttestations, signAttestation } from '../attestation.ts'
import type { BucketName } from '../bucket.ts'
import type { BucketRule } from '../policy.ts'
import { nextVersionFor } from '../trust-needs.ts'
import { askKey, encodeAsk, encodeRole, encodeRoot, roleKey, rootKey } from '../trust-records.ts'
import { keepsFor } from '../trust-resting.ts'
import { exchange, mockSigner, SimPeer } from './trust-sim.ts'
import { anchorAt, dayMs, roleRecord, rootRecord, say, startMs, testSwarm } from './trust-steps.ts'

export const signers = Array.from({ length: 5 }, (_, i) => mockSigner(i))
const twoOperators: BucketRule = {
  authors: ['operator', 'robot'],
  endorse: { roles: ['operator'], count: 2 },
  dismiss: { roles: ['operator'], count: 2 },
}
const ownRules = new Map<BucketName, BucketRule>([['rollouts', twoOperators]])
const roleChoices: readonly (readonly TrustRole[])[] = [['robot'], ['server'], ['operator'], ['release', 'robot'], []]

/** What happens, as small numbers that shrink; who may do what is for the peers to find out. */
export type Step =
  | { readonly do: 'author'; readonly who: number; readonly bucket: BucketName; readonly days: number }
  | {
      readonly do: 'attest'
      readonly who: number
      readonly what: number
      readonly inTrust: boolean
      readonly endorse: boolean
    }
  | {
      readonly do: 'role'
      readonly who: number
      readonly whom: number
      readonly roles: number
      readonly days: number
      readonly behind: number
    }
  | {
      readonly do: 'rotate'
      readonly who: number
      readonly keys: readonly number[]
      readonly threshold: number
      readonly ahead: number
      readonly keep: boolean
    }
  | { readonly do: 'ask' | 'settle' | 'restart' | 'wipe'; readonly who: number }
  | { readonly do: 'meet'; readonly who: number; readonly whom: number }
  | { readonly do: 'part'; readonly side: readonly number[] }
  | { readonly do: 'wait'; readonly hours: number }

const who = fc.nat(4)
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('author' as const),
      who,
      bucket: fc.constantFrom('files' as const, 'rollouts' as const, 'releases' as const),
      days: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('attest' as const),
      who,
      what: fc.nat(30),
      inTrust: fc.boolean(),
      endorse: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      who,
      whom: who,
      // 5: revoked.
      roles: fc.nat(5),
      days: fc.integer({ min: 10, max: 400 }),
      behind: fc.nat(1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('rotate' as const),
      who,
      keys: fc.uniqueArray(who, { minLength: 1 }),
      threshold: fc.integer({ min: 1, max: 3 }),
      ahead: fc.nat(1),
      keep: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('ask' as const, 'restart' as const, 'wipe' as const), who }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), who }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('meet' as const), who, whom: who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('part' as const), side: fc.uniqueArray(who) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 24 * 40 }) }),
  },
)

export const worlds = fc.record({
  keys: fc.uniqueArray(who, { minLength: 1, maxLength: 3 }),
  threshold: fc.integer({ min: 1, max: 2 }),
  /** What the root grants to each peer at first: so that there is something to take away. */
  roles: fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
  // `max`: else most schedules have three steps, in which nothing can go wrong.
  steps: fc.array(steps, { maxLength: 60, size: 'max' }),
})

/** Roots live for two years; a schedule that lasts longer would be about nothing else. */
const maxWaitMs = 330 * dayMs

type Start = typeof worlds extends fc.Arbitrary<infer Value> ? Value : never

/** Five peers that may be parted, and what happens to them. */
export class World {
  now = startMs
  readonly peers: readonly SimPeer[]
  #side = new Set<number>()
  #seq = 0

  constructor({ keys, threshold, roles }: Pick<Start, 'keys' | 'threshold' | 'roles'>) {
    const rootKeys = keys.map(pick)
    const root = rootRecord(
      { keys: rootKeys, threshold: Math.min(threshold, keys.length), rules: ownRules },
      rootKeys,
      { days: 731 },
    )
    this.peers = signers.map((signer) => new SimPeer(signer, anchorAt(root)))
    const grants = roles.flatMap((choice, i) => {
      const granted = roleChoices[choice] ?? []
      return granted.length === 0
        ? []
        : [roleRecord(pick(i).peerId, { roles: granted }, rootKeys, { days: 30 + 60 * i })]
    })
    for (const peer of this.peers) for (const record of [root, ...grants]) peer.receive(record, this.now)
  }

  run(step: Step): void {
    if (step.do === 'part') this.#side = new Set(step.side)
    else if (step.do === 'wait') this.#wait(step.hours)
    else this.#act(step, this.#peer(step.who))
  }

  #act(step: Exclude<Step, { do: 'part' | 'wait' }>, peer: SimPeer): void {
    const { signer } = peer
    const trust = peer.trust(this.now)
    switch (step.do) {
      case 'author':
        this.#say(peer, { bucket: step.bucket, key: `k${this.#seq}`, value: {}, days: step.days })
        break
      case 'attest': {
        const known = [...peer.held.values()]
          .filter(({ body }) => (body.bucket === 'trust') === step.inTrust)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
        const record = known[step.what % Math.max(1, known.length)]
        if (record === undefined) return
        const verdict = step.endorse ? 'endorse' : 'dismiss'
        peer.attest(
          record.id,
          [signAttestation({ id: record.id, swarm: testSwarm }, verdict, this.now, signer)],
          this.now,
        )
        break
      }
      case 'role': {
        const subject = pick(step.whom).peerId
        const version = Math.max(1, nextVersionFor(trust, subject) - step.behind)
        const revoked = step.roles === roleChoices.length
        const roles = roleChoices[step.roles] ?? []
        this.#say(peer, {
          key: roleKey(subject),
          value: encodeRole({ version, roles, revoked, note: null }),
          days: step.days,
        })
        break
      }
      case 'rotate': {
        const current = trust.root ?? trust.expiredRoot
        if (current === null) return
        const keys = step.keys.map((i) => pick(i).peerId)
        const next = {
          version: current.version + 1 + step.ahead,
          name: 'lab',
          keys,
          threshold: Math.min(step.threshold, keys.length),
          rules: step.ahead === 0 ? ownRules : new Map<BucketName, BucketRule>(),
          previous: current.record.id,
          keeps: [],
        }
        const keeps = step.keep ? keepsFor(trust, next).map(({ record }) => record.id) : []
        const value = encodeRoot({ ...next, keeps })
        this.#say(peer, { key: rootKey, value, days: 731 })
        break
      }
      case 'ask':
        this.#say(peer, {
          key: askKey,
          value: encodeAsk({ role: 'robot', name: 'x', simulated: false, invite: null, proof: null }),
          days: 30,
        })
        break
      case 'settle':
        peer.settle(this.now)
        break
      case 'restart':
        peer.forget()
        break
      case 'wipe':
        // The disk is gone, but for the file that keeps the anchor. What nobody else has yet would be lost in any
        // system; this is about the rest.
        for (const [id, { attestations }] of peer.held) {
          const others = this.peers.filter((other) => other !== peer).flatMap(({ held }) => held.get(id) ?? [])
          if (others.some((other) => sameAttestations(other.attestations, attestations))) peer.held.delete(id)
        }
        peer.forget()
        break
      case 'meet':
        if (this.#side.has(step.who) === this.#side.has(step.whom)) exchange(peer, this.#peer(step.whom), this.now)
    }
  }

  /** Everybody meets everybody until nobody has anything new for anybody. */
  heal(): void {
    this.#side.clear()
    for (let round = 0, changed = true; changed; round++) {
      if (round >= 30) throw new Error('the peers go on handing each other something new')
      changed = false
      for (const a of this.peers) for (const b of this.peers) if (a !== b) changed = exchange(a, b, this.now) || changed
    }
  }

  settle(): void {
    for (const peer of this.peers) peer.settle(this.now)
  }

  #wait(hours: number): void {
    this.now = Math.min(startMs + maxWaitMs, this.now + hours * 3_600_000)
    for (const peer of this.peers) peer.forget()
  }

  #say(peer: SimPeer, statement: Parameters<typeof say>[1]): void {
    peer.receive(say(peer.signer, { ...statement, seq: ++this.#seq, fromMs: this.now }), this.now)
  }

  #peer(index: number): SimPeer {
    return this.peers[index] as SimPeer
  }
}

function pick(index: number): (typeof signers)[number] {
  return signers[index] as (typeof signers)[number]
}
