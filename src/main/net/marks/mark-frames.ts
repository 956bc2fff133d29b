import { markedSchema, markTextSchema, type MarkedView } from '../../../shared/recorder-views.ts'
import { decodeCbor, encodeCbor, isMapValue } from '../../model/cbor.ts'

/** The protocol with which an operator asks a robot's flight recorder to save the last minutes. */
export const markProtocol = '/dt-swarm/mark/1'

/** What became of it; a refusal in words for people. */
export type MarkAnswer = { readonly marked: MarkedView } | { readonly refused: string }

/** A question has 300 signs of up to three bytes, an answer no more. */
export const maxMarkFrame = 2_048
const maxRefusalLength = 400

export function encodeMark(text: string): Uint8Array {
  return encodeCbor({ v: 1, text: text.toWellFormed() })
}

/** Undefined for bytes that are none. Never throws. */
export function decodeMark(bytes: Uint8Array): string | undefined {
  const text = markTextSchema.safeParse(mapOf(bytes)?.['text'])
  return text.success ? text.data : undefined
}

export function encodeMarkAnswer(answer: MarkAnswer): Uint8Array {
  if ('marked' in answer) return encodeCbor({ v: 1, marked: { ...answer.marked } })
  return encodeCbor({ v: 1, refused: answer.refused.slice(0, maxRefusalLength).toWellFormed() })
}

/** Undefined for bytes that are none. Never throws. */
export function decodeMarkAnswer(bytes: Uint8Array): MarkAnswer | undefined {
  const map = mapOf(bytes)
  const refused = map?.['refused']
  if (typeof refused === 'string') return refused.length <= maxRefusalLength ? { refused } : undefined
  const marked = markedSchema.safeParse(map?.['marked'])
  return marked.success ? { marked: marked.data } : undefined
}

function mapOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length > maxMarkFrame) return undefined
  const decoded = decodeCbor(bytes)
  return decoded.kind === 'ok' && isMapValue(decoded.value) && decoded.value['v'] === 1 ? decoded.value : undefined
}
