import { CID } from 'multiformats/cid'
import { SwarmError } from '../../shared/errors.ts'
import { isCborMap, type CborMap } from './cbor.ts'

/**
 * The JSON of a record's value, in DAG-JSON's forms: byte strings as `{"/":{"bytes":"…"}}` (base64 without padding),
 * links as `{"/":"CID"}`. A map that has "/" as its only key would read as one of these; it is wrapped as
 * `{"/":{"map":…}}`, so that what a stranger wrote can never pass as a link.
 */
export function toDagJson(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { '/': { bytes: Buffer.from(value).toString('base64').replace(/=+$/, '') } }
  }
  if (Array.isArray(value)) return value.map(toDagJson)
  if (typeof value !== 'object' || value === null) return value
  if (isLink(value)) return { '/': value.toString() }
  const entries = Object.entries(value).map(([key, item]) => [key, toDagJson(item)] as const)
  const plain = Object.fromEntries(entries)
  return entries.length === 1 && entries[0]?.[0] === '/' ? { '/': { map: plain } } : plain
}

/**
 * The value that such JSON stands for: what `toDagJson` gives back.
 * @throws SwarmError INVALID_INPUT for what no record may say
 */
export function fromDagJson(json: Readonly<Record<string, unknown>>): CborMap {
  const value = read(json, 0)
  if (isCborMap(value)) return value
  throw new SwarmError(
    'INVALID_INPUT',
    'A record says a map of plain data: no bytes or link at its top, no numbers that are not safe.',
  )
}

/** A little more than a record's value may have. */
const maxDepth = 32

function read(json: unknown, depth: number): unknown {
  if (depth > maxDepth) throw new SwarmError('INVALID_INPUT', `The value is nested deeper than ${maxDepth} levels.`)
  if (Array.isArray(json)) return json.map((item) => read(item, depth + 1))
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json)
  const only = entries.length === 1 && entries[0]?.[0] === '/' ? (entries[0][1] as unknown) : undefined
  if (only === undefined) return readMap(entries, depth)
  if (typeof only === 'string') return readLink(only)
  const { bytes, map } = (only ?? {}) as { readonly bytes?: unknown; readonly map?: unknown }
  if (typeof bytes === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(bytes))
    return Uint8Array.from(Buffer.from(bytes, 'base64'))
  if (typeof map === 'object' && map !== null) return readMap(Object.entries(map), depth)
  throw new SwarmError(
    'INVALID_INPUT',
    'A map whose only key is "/" is a link {"/":"CID"} or bytes {"/":{"bytes":"BASE64"}}.',
  )
}

function readMap(entries: readonly (readonly [string, unknown])[], depth: number): unknown {
  return Object.fromEntries(entries.map(([key, item]) => [key, read(item, depth + 1)]))
}

function readLink(text: string): CID {
  try {
    return CID.parse(text)
  } catch (cause) {
    throw new SwarmError('INVALID_INPUT', `"${text.slice(0, 100)}" is not a CID.`, { cause })
  }
}

function isLink(value: object): value is { toString(): string } & { readonly asCID: unknown } {
  return 'asCID' in value && 'multihash' in value
}
