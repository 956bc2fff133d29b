import { decodeCbor, encodeCbor, isMapValue, type CborValue } from '../../model/cbor.ts'

/** The protocol with which neighbours compare their clocks. */
export const timeProtocol = '/dt-swarm/time/1'
/** A question is 4 bytes, an answer less than 60. */
export const maxTimeFrame = 128

/** What a peer says of its clocks at the moment the question came, in ms since the epoch. */
export interface TimeAnswer {
  /** Its machine's own clock; null when it knows that this cannot be right. */
  readonly own: number | null
  /** The swarm time by which it stamps; null when it knows none. */
  readonly swarm: number | null
  /** How long it held the question before it answered, ms. */
  readonly held: number
}

/** Nothing but "what time is it": a version, so that later ones can be told. */
export const timeQuestion: Uint8Array = encodeCbor({ v: 1 })

export function isTimeQuestion(bytes: Uint8Array): boolean {
  const decoded = decodeCbor(bytes)
  return decoded.kind === 'ok' && isMapValue(decoded.value) && decoded.value['v'] === 1
}

export function encodeTimeAnswer({ own, swarm, held }: TimeAnswer): Uint8Array {
  return encodeCbor({
    v: 1,
    own: own === null ? null : Math.round(own),
    swarm: swarm === null ? null : Math.round(swarm),
    held,
  })
}

/** Undefined for bytes that are none. Never throws. */
export function decodeTimeAnswer(bytes: Uint8Array): TimeAnswer | undefined {
  if (bytes.length > maxTimeFrame) return undefined
  const decoded = decodeCbor(bytes)
  if (decoded.kind !== 'ok' || !isMapValue(decoded.value) || decoded.value['v'] !== 1) return undefined
  const { own, swarm, held } = decoded.value
  if (!isTimeOrNull(own) || !isTimeOrNull(swarm)) return undefined
  return typeof held === 'number' && held >= 0 && held <= 60_000 ? { own, swarm, held } : undefined
}

/** A time that JavaScript has a date for. */
function isTimeOrNull(value: CborValue | undefined): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15)
}
