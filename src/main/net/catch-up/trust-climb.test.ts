import { afterEach, expect, test, vi } from 'vitest'
import type { RecordId } from '../../../shared/ids.ts'
import { signAttestation } from '../../model/attestation.ts'
import { signRecord, type SignedRecord } from '../../model/record.ts'
import { keepsFor } from '../../model/trust-resting.ts'
import { encodeRoot, rootKey, type RootValue } from '../../model/trust-records.ts'
import { identityOfSeed, type Identity } from '../../store/identity-store.ts'
import { fill } from '../testing/many-records.ts'
import { circle, startPeer, stopPeers } from '../testing/peers.ts'

afterEach(stopPeers)

const dayMs = 24 * 60 * 60_000
const { root: firstKey, anchor } = circle.trusted
const [second, third] = [71, 72].map((n) => identityOfSeed(new Uint8Array(32).fill(n))) as [Identity, Identity]

/** A root after another one, signed by the keys of both. */
function rootAfter(
  previous: RecordId,
  words: Pick<RootValue, 'version' | 'keeps'> & { readonly key: Identity; readonly untilMs: number },
  by: Identity,
): SignedRecord {
  const { version, keeps, key, untilMs } = words
  const value = encodeRoot({
    version,
    name: 'test swarm',
    keys: [key.peerId],
    threshold: 1,
    rules: new Map(),
    previous,
    keeps,
  })
  const validFrom = Date.now() - dayMs
  const body = { v: 1, bucket: 'trust', key: rootKey, value, author: by.peerId, seq: version } as const
  const record = signRecord({ ...body, validFrom, validUntil: untilMs }, by, anchor.swarm)
  const about = { id: record.id, swarm: anchor.swarm }
  return { ...record, attestations: [signAttestation(about, 'endorse', validFrom, key)] }
}

test('who was away over two rotations, of which the one between has ended, catches up from a neighbour', async () => {
  const [there, away] = [await startPeer(), await startPeer()]
  // The key of the first root goes: what it has granted is kept from root to root.
  const granted = keepsFor(there.book.trust(), {
    version: 2,
    name: 'test swarm',
    keys: [second.peerId],
    threshold: 1,
    rules: new Map(),
    previous: anchor.root,
    keeps: [],
  }).map(({ record }) => record.id)
  expect(granted.length).toBeGreaterThan(0)
  const endsMs = Date.now() + 1_500
  const two = rootAfter(anchor.root, { version: 2, keeps: granted, key: second, untilMs: endsMs }, firstKey)
  const three = rootAfter(two.id, { version: 3, keeps: granted, key: third, untilMs: endsMs + 300 * dayMs }, second)
  fill(there.book, [two])
  expect(there.book.trust().root?.version).toBe(2)
  fill(there.book, [three])
  expect(there.book.trust().root?.version).toBe(3)
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(endsMs))
  // It has ended, and stays for those who must climb.
  there.book.sweep()
  expect(there.book.has('trust', two.id)).toBe(true)
  expect(away.book.trust().root?.version).toBe(1)
  away.node.setBootstrap([there.address])
  await vi.waitFor(
    () => {
      expect(away.book.trust().root?.version).toBe(3)
      expect(away.book.trust().fingerprint).toBe(there.book.trust().fingerprint)
    },
    { timeout: 20_000 },
  )
  const trust = away.book.trust()
  expect([there, away].map(({ identity }) => trust.of(identity.peerId).standing)).toEqual(['member', 'member'])
  expect(trust.of(firstKey.peerId).standing).toBe('stranger')
  expect(trust.problems).toEqual([])
  expect(away.book.index.fingerprint('trust')).toBe(there.book.index.fingerprint('trust'))
}, 40_000)
