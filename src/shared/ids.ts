/**
 * Branded strings: an id of one kind cannot be passed where another is wanted.
 * Parsers check the outer form only; that a peer exists or a block hashes right is for others.
 */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A libp2p PeerId of an Ed25519 key, in base58btc: `12D3KooW…`. */
export type PeerId = Branded<'PeerId'>
/** CIDv1 (dag-cbor, sha2-256, base32) of a record's canonical bytes: `bafyrei…`. */
export type RecordId = Branded<'RecordId'>
/** CID of a file's content, v0 or v1. */
export type Cid = Branded<'Cid'>

const peerIdForm = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
const recordIdForm = /^bafyrei[a-z2-7]{52}$/
const cidForm = /^(?:Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{20,120})$/

export function isPeerId(text: string): text is PeerId {
  return peerIdForm.test(text)
}

export function isRecordId(text: string): text is RecordId {
  return recordIdForm.test(text)
}

export function isCid(text: string): text is Cid {
  return cidForm.test(text)
}
