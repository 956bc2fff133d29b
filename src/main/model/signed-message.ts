import type { RecordId } from '../../shared/ids.ts'
import { SwarmError } from '../../shared/errors.ts'
import { recordIdBytes } from './record-id.ts'

/**
 * Bytes to sign, parts one after the other; an id as the 36 bytes of its CID. Every part but the domain has one length
 * for its domain, so that no two statements have the same bytes.
 * @throws SwarmError INVALID_INPUT for an id that is none
 */
export function signedMessage(domain: Uint8Array, parts: readonly (RecordId | Uint8Array)[]): Uint8Array {
  const all = [domain, ...parts.map((part) => (typeof part === 'string' ? idBytes(part) : part))]
  const message = new Uint8Array(all.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of all) {
    message.set(part, at)
    at += part.length
  }
  return message
}

function idBytes(id: RecordId): Uint8Array {
  const bytes = recordIdBytes(id)
  if (bytes === undefined) throw new SwarmError('INVALID_INPUT', `"${id}" is not a record id: nothing can be signed.`)
  return bytes
}
