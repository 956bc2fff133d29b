import { isCid, isPeerId, isRecordId, type Cid, type PeerId, type RecordId } from '../../shared/ids.ts'

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

function spell(seed: number, length: number, letters: string): string {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  let text = ''
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += letters[(state >>> 16) % letters.length] ?? ''
  }
  return text
}

/** Ids of the right outer form; nothing stands behind them. */
export function fakePeer(seed: number): PeerId {
  const text = `12D3KooW${spell(seed, 44, base58)}`
  if (!isPeerId(text)) throw new Error(`not a peer id: ${text}`)
  return text
}

export function fakeCid(seed: number): Cid {
  const text = `bafybei${spell(seed, 52, base32)}`
  if (!isCid(text)) throw new Error(`not a CID: ${text}`)
  return text
}

export function fakeRecord(seed: number): RecordId {
  const text = `bafyrei${spell(seed, 52, base32)}`
  if (!isRecordId(text)) throw new Error(`not a record id: ${text}`)
  return text
}
