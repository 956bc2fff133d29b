import type { PeerId } from '../../shared/ids.ts'
import type { SignedRecord } from './record.ts'

/**
 * How a peer is named in reasons: its bare id, which a shell that knows names replaces (`peerIdPattern` finds it).
 */
function peerWords(peer: PeerId): string {
  return peer
}

/** Finds the peers that reasons name. */
export const peerIdPattern = /12D3KooW[1-9A-HJ-NP-Za-km-z]{44}/g

/** The end of a peer's or swarm's id in groups of four, to be read out and compared: "Wf3k 9QxT 7abC ZyT2". */
export function fingerprintWords(id: string): string {
  return (id.slice(-fingerprintLength).match(/.{1,4}/g) ?? []).join(' ')
}

/** 16 signs of base58 are about 93 bits: nobody finds a key with the same end. */
const fingerprintLength = 16

/**
 * Who has signed a root or role record: its author and those who endorse it. What was signed once stays signed (see
 * `joinFor`), the author's own signature too.
 */
export function trustSigners(record: SignedRecord): ReadonlySet<PeerId> {
  const signers = new Set<PeerId>([record.body.author])
  for (const { author, verdict } of record.attestations) if (verdict === 'endorse') signers.add(author)
  return signers
}

/** Whether its author has dismissed it: of a root or role record this ends a proposal, and nothing that counts. */
export function tookBack(record: SignedRecord): boolean {
  const { author } = record.body
  return record.attestations.some((one) => one.author === author && one.verdict === 'dismiss')
}

export function countIn(signers: ReadonlySet<PeerId>, keys: Iterable<PeerId>): number {
  let count = 0
  for (const key of keys) if (signers.has(key)) count++
  return count
}

/** "1 more root key (2 of 3 have signed)" */
export function rootKeyWords(signed: number, threshold: number, what: string): string {
  const missing = threshold - signed
  const words = what === 'root key' && missing > 1 ? 'root keys' : what
  return `${missing} more ${words} (${signed} of ${threshold} have signed)`
}

/** "A", "A and B", "A, B and 2 more" */
export function peerList(peers: readonly PeerId[]): string {
  const shown = peers.slice(0, 3).map(peerWords)
  const rest = peers.length - shown.length
  const last = rest > 0 ? `${rest} more` : shown.pop()
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`
}

export function dateWords(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
