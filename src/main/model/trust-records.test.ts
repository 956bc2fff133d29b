import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trustRoles } from '../../shared/trust-views.ts'
import { bucketNames, type BucketName } from './bucket.ts'
import { decodeCbor, encodeCbor, isMapValue, type CborMap, type CborValue } from './cbor.ts'
import { membersRule, ruleWords, witnessedRule, type BucketRule } from './policy.ts'
import { recordIdBytes, recordIdOf, recordIdOfDigest } from './record-id.ts'
import { makeSigner } from './testing/trust-steps.ts'
import {
  decodeTrust,
  encodeAsk,
  encodeRole,
  encodeRoot,
  maxKeptWords,
  roleKey,
  rootKey,
  type AskValue,
  type RoleValue,
  type RootValue,
} from './trust-records.ts'

const peers = Array.from({ length: 4 }, () => makeSigner().peerId)
const words = (maxLength: number) =>
  fc.string({ minLength: 1, maxLength }).filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text))
const roles = fc.uniqueArray(fc.constantFrom(...trustRoles))
const someRoles = fc.uniqueArray(fc.constantFrom(...trustRoles), { minLength: 1 })
const rules: fc.Arbitrary<BucketRule> = fc.record({
  authors: roles,
  endorse: fc.record({ roles: someRoles, count: fc.nat(16) }),
  dismiss: fc.record({ roles: someRoles, count: fc.nat(16) }),
})
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => recordIdOfDigest(digest))
const roots: fc.Arbitrary<RootValue> = fc
  .record({
    version: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 0xffff_ffff })),
    name: words(63),
    keys: fc.uniqueArray(fc.constantFrom(...peers), { minLength: 1 }),
    rules: fc
      .dictionary(fc.constantFrom(...bucketNames.filter((name) => name !== 'trust')), rules)
      .map((given) => new Map(Object.entries(given) as [BucketName, BucketRule][])),
  })
  .chain((root) =>
    fc
      .record({
        threshold: fc.integer({ min: 1, max: root.keys.length }),
        previous: ids,
        keeps: fc.uniqueArray(ids, { maxLength: 3 }),
      })
      .map((more) => ({ ...root, ...more, ...(root.version === 1 ? { previous: null, keeps: [] } : {}) })),
  )

/** As it comes from the wire. */
function overTheWire(value: CborMap): CborMap {
  const decoded = decodeCbor(encodeCbor(value))
  if (decoded.kind !== 'ok' || !isMapValue(decoded.value)) throw new Error('not a map')
  return decoded.value
}

const sorted = (given: ReadonlyMap<string, unknown>): unknown => [...given].sort(([a], [b]) => (a < b ? -1 : 1))

describe('trust records', () => {
  it('say what was said: roots', () => {
    fc.assert(
      fc.property(roots, (root) => {
        const decoded = decodeTrust({ key: rootKey, value: overTheWire(encodeRoot(root)) })
        expect(decoded.kind).toBe('root')
        if (decoded.kind !== 'root') return
        expect({ ...decoded.root, rules: sorted(decoded.root.rules) }).toEqual({ ...root, rules: sorted(root.rules) })
      }),
    )
  })

  it('say what was said: roles and asks', () => {
    const role: fc.Arbitrary<RoleValue> = fc.record({
      subject: fc.constantFrom(...peers),
      version: fc.integer({ min: 1, max: 0xffff_ffff }),
      roles,
      revoked: fc.constant(false),
      note: fc.option(words(200)),
    })
    const ask: fc.Arbitrary<AskValue> = fc.record({
      role: fc.constantFrom(...trustRoles),
      name: words(63),
      simulated: fc.boolean(),
      invite: fc.option(words(64)),
      proof: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })),
    })
    fc.assert(
      fc.property(role, ask, (one, other) => {
        expect(decodeTrust({ key: roleKey(one.subject), value: overTheWire(encodeRole(one)) })).toEqual({
          kind: 'role',
          role: one,
        })
        expect(decodeTrust({ key: 'ask', value: overTheWire(encodeAsk(other)) })).toEqual({ kind: 'ask', ask: other })
      }),
    )
  })

  const root = encodeRoot({ version: 1, name: 'lab', keys: peers, threshold: 2, rules: new Map() })
  const parent = recordIdBytes(recordIdOf(new Uint8Array(1))) ?? new Uint8Array(0)
  const [key] = root['keys'] as readonly CborValue[]
  const grant = { version: 1, roles: ['robot'] }
  const subject = roleKey(peers[0] as (typeof peers)[0])
  const weight = { roles: ['operator'], count: 1 }
  const rule = { authors: ['operator'], endorse: weight, dismiss: weight }

  it.each<[string, string, CborMap]>([
    ['an unknown key', 'roots', root],
    ['a peer that is none', 'role/12D3KooWnobody', grant],
    ['no version', rootKey, { ...root, version: 0 }],
    ['a fraction of a version', rootKey, { ...root, version: 1.5 }],
    ['a version beyond reach', rootKey, { ...root, version: 2 ** 32 }],
    ['a field it does not know', rootKey, { ...root, extra: 1 }],
    ['nothing before it, though it is not the first', rootKey, { ...root, version: 2 }],
    ['something before it, though it is the first', rootKey, { ...root, previous: parent }],
    ['half a parent', rootKey, { ...root, version: 2, previous: parent.subarray(1) }],
    ['a parent that is no record', rootKey, { ...root, version: 2, previous: new Uint8Array(36) }],
    ['a record to keep twice', rootKey, { ...root, version: 2, previous: parent, keeps: [parent, parent] }],
    ['an empty list to keep', rootKey, { ...root, version: 2, previous: parent, keeps: [] }],
    [
      'more to keep than fits',
      rootKey,
      {
        ...root,
        version: 2,
        previous: parent,
        keeps: Array.from(
          { length: maxKeptWords + 1 },
          (_, i) => recordIdBytes(recordIdOf(Uint8Array.of(i, i >> 8))) ?? parent,
        ),
      },
    ],
    ['no keys', rootKey, { ...root, keys: [] }],
    ['too many keys', rootKey, { ...root, keys: Array.from({ length: 17 }, (_, i) => new Uint8Array(32).fill(i)) }],
    ['a key twice', rootKey, { ...root, keys: [key ?? null, key ?? null], threshold: 1 }],
    ['a short key', rootKey, { ...root, keys: [new Uint8Array(31)], threshold: 1 }],
    ['a threshold of none', rootKey, { ...root, threshold: 0 }],
    ['a threshold out of reach', rootKey, { ...root, threshold: 5 }],
    ['control characters in its name', rootKey, { ...root, name: 'a\u0007' }],
    ['a rule for trust itself', rootKey, { ...root, rules: { trust: rule } }],
    ['a rule for no bucket', rootKey, { ...root, rules: { __proto: rule } }],
    ['a rule of unknown roles', rootKey, { ...root, rules: { files: { ...rule, authors: ['king'] } } }],
    [
      'a rule with too large a count',
      rootKey,
      { ...root, rules: { files: { ...rule, dismiss: { ...weight, count: 17 } } } },
    ],
    [
      'a rule that nobody can meet',
      rootKey,
      { ...root, rules: { files: { ...rule, endorse: { roles: [], count: 1 } } } },
    ],
    ['half a rule', rootKey, { ...root, rules: { files: { authors: ['robot'] } } }],
    ['a role twice', subject, { ...grant, roles: ['robot', 'robot'] }],
    ['a role that is none', subject, { ...grant, roles: ['root'] }],
    ['roles for a revoked key', subject, { ...grant, revoked: true }],
    ['a revocation that is none', subject, { version: 1, roles: [], revoked: false }],
    ['a long note', subject, { ...grant, note: 'x'.repeat(201) }],
    ['a short proof', 'ask', { role: 'robot', name: 'x', proof: new Uint8Array(31) }],
    ['a wish for no role', 'ask', { role: 'king', name: 'x' }],
  ])('with %s are none', (_, name, value) => {
    const decoded = decodeTrust({ key: name, value })
    expect(decoded.kind).toBe('bad')
    expect(decoded.kind === 'bad' && decoded.why).not.toBe('')
  })

  it('never throw, whatever they say', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.uint8Array({ maxLength: 33 }))
    const value = fc.dictionary(
      fc.oneof(
        fc.constantFrom('version', 'name', 'keys', 'threshold', 'rules', 'roles', 'role', 'revoked'),
        fc.string(),
      ),
      fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf)),
    )
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(rootKey, subject, 'ask'), fc.string()), value, (name, given) => {
        expect(['root', 'role', 'ask', 'bad']).toContain(decodeTrust({ key: name, value: given as CborMap }).kind)
      }),
    )
  })
})

describe('rules in words', () => {
  const two = { roles: ['operator'], count: 2 } as const
  it.each<[BucketRule, string]>([
    [membersRule, 'any member may author; an operator may dismiss'],
    [witnessedRule, 'any member may author; an operator may dismiss'],
    [
      { authors: ['release'], endorse: { roles: ['release', 'operator'], count: 2 }, dismiss: two },
      'a releaser may author; 2 releasers or operators must have signed, the author included; 2 operators together may dismiss',
    ],
    [
      { authors: [], endorse: { roles: ['operator'], count: 1 }, dismiss: { roles: [], count: 0 } },
      'anybody may author, strangers too; 1 operator must have signed; only its author may dismiss',
    ],
  ])('%#', (rule, sentence) => {
    expect(ruleWords(rule)).toBe(sentence)
  })
})
