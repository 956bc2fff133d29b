import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordIdOf } from './record-id.ts'
import {
  askProof,
  decodeInvite,
  encodeInvite,
  invitePrefix,
  isAskProof,
  maxBootstrap,
  maxLinkLength,
  type Invite,
} from './invite.ts'
import { encodeCbor } from './cbor.ts'
import { makeSigner } from './testing/trust-steps.ts'

const peers = [makeSigner().peerId, makeSigner().peerId]
const issuedAtMs = 1_700_000_000_000

const invites: fc.Arbitrary<Invite> = fc.record({
  swarm: fc.uint8Array({ minLength: 1 }).map(recordIdOf),
  name: fc.string({ minLength: 1, maxLength: 63 }).filter((name) => name.isWellFormed() && !/\p{Cc}/u.test(name)),
  root: fc.uint8Array({ minLength: 1 }).map(recordIdOf),
  rootVersion: fc.integer({ min: 1, max: 0xffff_ffff }),
  bootstrap: fc.uniqueArray(
    fc.oneof(
      fc.tuple(fc.ipV4(), fc.constantFrom(...peers)).map(([ip, peer]) => `/ip4/${ip}/tcp/9000/p2p/${peer}`),
      fc.domain().map((name) => `/dns4/${name}/tcp/9000`),
    ),
    { maxLength: 4 },
  ),
  networkKey: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 })),
  id: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  secret: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
  role: fc.option(fc.constantFrom('operator', 'release', 'robot', 'server')),
  issuedAtMs: fc.constant(issuedAtMs),
  expiresAtMs: fc.integer({ min: issuedAtMs + 1, max: issuedAtMs * 2 }),
})

/** Addresses come back grouped by their peer. */
const sorted = (invite: Invite): Invite => ({ ...invite, bootstrap: invite.bootstrap.toSorted() })

const example: Invite = {
  swarm: recordIdOf(Uint8Array.of(1)),
  name: 'lab',
  root: recordIdOf(Uint8Array.of(2)),
  rootVersion: 3,
  bootstrap: [],
  networkKey: new Uint8Array(32).fill(7),
  id: Buffer.from('12345678').toString('base64url'),
  secret: new Uint8Array(16).fill(9),
  role: 'robot',
  issuedAtMs,
  expiresAtMs: issuedAtMs + 1,
}

/** One sign of it is another. */
function mistyped(link: string): string {
  return link.slice(0, 40) + (link[40] === 'a' ? 'b' : 'a') + link.slice(41)
}

describe('invite', () => {
  it('says in a link what it said before', () => {
    fc.assert(
      fc.property(invites, (invite) => {
        const link = encodeInvite(invite)
        expect(link.length).toBeLessThanOrEqual(maxLinkLength)
        const decoded = decodeInvite(link, issuedAtMs)
        expect(decoded.kind === 'ok' ? sorted(decoded.invite) : decoded).toEqual(sorted(invite))
      }),
    )
  })

  it('is read from a link that a mail program has wrapped', () => {
    const link = encodeInvite(example)
    const wrapped = ` ${link.slice(0, 50)}\r\n  ${link.slice(50)}\n`
    expect(decodeInvite(wrapped, issuedAtMs)).toEqual({ kind: 'ok', invite: example })
  })

  it('with many long addresses keeps as many as a QR code holds, the first ones', () => {
    const bootstrap = Array.from({ length: 12 }, (_, i) => `/dns4/${'long'.repeat(30)}${i}.example/tcp/9000`)
    const link = encodeInvite({ ...example, bootstrap })
    const decoded = decodeInvite(link, issuedAtMs)
    const kept = decoded.kind === 'ok' ? decoded.invite.bootstrap : []
    expect(link.length).toBeLessThanOrEqual(maxLinkLength)
    expect(kept.length).toBeGreaterThan(1)
    expect(kept.length).toBeLessThanOrEqual(maxBootstrap)
    expect(kept).toEqual(bootstrap.slice(0, kept.length))
  })

  it.each([
    ['expired', encodeInvite(example), issuedAtMs + 1],
    ['no-invite', 'https://example.org', 0],
    ['no-invite', 'x'.repeat(5_000), 0],
    ['damaged', invitePrefix, 0],
    ['damaged', encodeInvite(example).slice(0, -1), 0],
    ['damaged', mistyped(encodeInvite(example)), 0],
    ['damaged', `${encodeInvite(example)}%00`, 0],
  ])('that is %s is refused with a sentence', (reason, link, nowMs) => {
    const decoded = decodeInvite(link, nowMs)
    expect(decoded).toMatchObject({ kind: 'bad', reason })
    expect(decoded.kind === 'bad' && decoded.why).toMatch(/^This .*\.$/)
  })

  it('of a version to come, or that is no invite inside, is told apart', () => {
    const wrap = (value: Parameters<typeof encodeCbor>[0]): string => {
      const bytes = encodeCbor(value)
      const sum = hash('sha256', bytes, 'buffer').subarray(0, 4)
      return invitePrefix + Buffer.concat([bytes, sum]).toString('base64url')
    }
    expect(decodeInvite(wrap({ v: 2, new: true }), 0)).toMatchObject({ reason: 'newer-version' })
    expect(decodeInvite(wrap({ v: 1 }), 0)).toMatchObject({ reason: 'malformed' })
    expect(decodeInvite(wrap([1, 2, 3]), 0)).toMatchObject({ reason: 'malformed' })
  })

  it('never throws, whatever is pasted', () => {
    const link = encodeInvite(example)
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.nat(link.length)), fc.string(), (start, end) => {
        const text = typeof start === 'number' ? link.slice(0, start) + end : invitePrefix + start + end
        expect(['ok', 'bad']).toContain(decodeInvite(text, issuedAtMs).kind)
      }),
    )
  })

  it('cannot be made without what it must say', () => {
    expect(() => encodeInvite({ ...example, name: '' })).toThrow(/cannot be made/)
    expect(() => encodeInvite({ ...example, secret: new Uint8Array(3) })).toThrow(/cannot be made/)
  })
})

describe('the proof of an ask', () => {
  const secret = new Uint8Array(16).fill(9)
  const [peer, other] = peers as [(typeof peers)[0], (typeof peers)[0]]

  it('holds for the peer that made it and for this invite alone', () => {
    const proof = askProof(secret, peer)
    expect(proof.length).toBe(32)
    expect(isAskProof(proof, secret, peer)).toBe(true)
    expect(isAskProof(proof, secret, other)).toBe(false)
    expect(isAskProof(proof, new Uint8Array(16), peer)).toBe(false)
    expect(isAskProof(proof.subarray(1), secret, peer)).toBe(false)
  })
})
