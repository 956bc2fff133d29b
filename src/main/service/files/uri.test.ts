import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import * as digest from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { formatUri, maxUriLength, parseUri, readCid, readUri, type FileUri } from './uri.ts'

const v0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG'
const v1 = 'bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34'
const raw = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'

const cids = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(0x55, 0x70))
  .map(([bytes, code]) => CID.createV1(code, digest.create(0x12, bytes)))
const steps = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((step) => step !== '.' && step !== '..' && !step.includes('/') && step.isWellFormed())
const names = fc.option(
  fc.array(steps, { minLength: 1, maxLength: 4 }).map((all) => all.join('/')),
  { nil: null },
)
const uris: fc.Arbitrary<FileUri> = fc.oneof(
  fc.record({
    kind: fc.constant('cid' as const),
    cid: cids.map((cid) => readCid(cid.toString()) as never),
    name: names,
  }),
  fc.record({
    kind: fc.constant('sha1' as const),
    sha1: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    name: names,
  }),
)

describe('readUri', () => {
  it.each([
    [raw, { kind: 'cid', cid: raw, name: null }],
    [v1, { kind: 'cid', cid: v1, name: null }],
    [v0, { kind: 'cid', cid: v1, name: null }],
    [v1.toUpperCase(), { kind: 'cid', cid: v1, name: null }],
    [CID.parse(v1).toString(base58btc), { kind: 'cid', cid: v1, name: null }],
    [CID.parse(v1).toString(base36), { kind: 'cid', cid: v1, name: null }],
    [`ipfs://${raw}`, { kind: 'cid', cid: raw, name: null }],
    [`ipfs://${raw}/`, { kind: 'cid', cid: raw, name: null }],
    [`IPFS://${v0}/run%2017.bag`, { kind: 'cid', cid: v1, name: 'run 17.bag' }],
    [`ipfs://${raw}/run-17/camera.bag`, { kind: 'cid', cid: raw, name: 'run-17/camera.bag' }],
    [`sha1://${sha1}/empty.txt`, { kind: 'sha1', sha1, name: 'empty.txt' }],
    [`sha1://${sha1.toUpperCase()}`, { kind: 'sha1', sha1, name: null }],
  ])('takes %s', (text, uri) => {
    expect(readUri(text)).toEqual(uri)
  })

  it.each([
    ['nothing', ''],
    ['a word', 'run-17.bag'],
    ['another scheme', `http://${raw}`],
    ['no hash', 'ipfs:///name'],
    ['a short SHA-1', 'sha1://da39a3ee/x'],
    ['a SHA-1 that is no number', `sha1://${'g'.repeat(40)}`],
    ['a CID under sha1', `sha1://${raw}`],
    ['a SHA-1 under ipfs', `ipfs://${sha1}`],
    ['a query', `ipfs://${raw}?download=1`],
    ['a fragment', `ipfs://${raw}/x#top`],
    ['an empty step', `ipfs://${raw}/a//b`],
    ['a step up', `ipfs://${raw}/../../etc/passwd`],
    ['a hidden step up', `ipfs://${raw}/%2e%2e/passwd`],
    ['a hidden slash', `ipfs://${raw}/a%2fb`],
    ['a broken escape', `ipfs://${raw}/100%`],
    ['half a surrogate', `ipfs://${raw}/\ud800`],
    ['a name that is too long', `ipfs://${raw}/${'x'.repeat(1_025)}`],
    ['spaces around', ` ${raw}`],
    ['a record, which is no file', 'bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'],
    ['a key, which is no file', 'k51qzi5uqu5dgutdk6i1ynyzgkqngpha5xpgia3a5qqp4jsh0u4csozksxel2r'],
    ['a hash that is too short to mean anything', CID.createV1(0x55, digest.create(0, Uint8Array.of(1))).toString()],
    ['mixed capitals', `B${raw.slice(1)}`],
  ])('refuses %s', (_, text) => {
    expect(readUri(text)).toBeNull()
  })

  it('reads back what formatUri wrote, whatever the name', () => {
    fc.assert(
      fc.property(uris, (uri) => {
        const text = formatUri(uri)
        expect(text.length).toBeLessThanOrEqual(maxUriLength)
        expect(readUri(text)).toEqual(uri)
      }),
      { numRuns: 100 },
    )
  })

  it('gives one URI for all forms of a CID, and reads that one as itself', () => {
    fc.assert(
      fc.property(cids, fc.constantFrom('32', '36', '58'), (cid, base) => {
        const text = base === '32' ? cid.toString() : base === '36' ? cid.toString(base36) : cid.toString(base58btc)
        const uri = readUri(text)
        expect(uri).toEqual({ kind: 'cid', cid: cid.toString(), name: null })
      }),
      { numRuns: 100 },
    )
  })

  it('never throws, and takes only what it can write again', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.tuple(fc.constantFrom('ipfs://', 'sha1://', ''), fc.string({ maxLength: 80 })).map((parts) => parts.join('')),
      fc
        .tuple(uris.map(formatUri), fc.nat(100), fc.string({ maxLength: 2 }))
        .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const uri = readUri(text)
        if (uri !== null) expect(readUri(formatUri(uri))).toEqual(uri)
      }),
      { numRuns: 300 },
    )
  })
})

describe('parseUri', () => {
  it('says what it takes, and shows no more of a long text than a line', () => {
    expect(() => parseUri('x'.repeat(5_000))).toThrow(/^"x{120}…" names no file: it is ipfs:\/\/CID\/name, a CID/)
  })
})
