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

function isLink(value: object): value is { toString(): string } & { readonly asCID: unknown } {
  return 'asCID' in value && 'multihash' in value
}
