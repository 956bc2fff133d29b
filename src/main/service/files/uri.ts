import { base32 } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid, type Cid } from '../../../shared/ids.ts'
import { canCheck } from './block-hash.ts'

/** What a person or a script calls a file by. A name is only for people: nothing is looked up by it. */
export type FileUri =
  | { readonly kind: 'cid'; readonly cid: Cid; readonly name: string | null }
  | { readonly kind: 'sha1'; readonly sha1: string; readonly name: string | null }

/** In UTF-16 units: the longest name of a record, of signs that take nine each as a URI, and what is before it. */
export const maxUriLength = 9_400
/** As names in records: see `fileValueSchema`. */
const maxNameLength = 1_024

/** Codecs of what files are made of, https://github.com/multiformats/multicodec/blob/master/table.csv */
const rawCodec = 0x55
const dagPbCodec = 0x70

/**
 * Reads `ipfs://CID[/name]`, a plain CID (v0 and v1, in any of their usual bases) or `sha1://HASH[/name]`. Nothing else
 * is taken: no query, no fragment, no step of a name that is empty, `.` or `..`. Null for all that is none.
 */
export function readUri(text: string): FileUri | null {
  if (text.length === 0 || text.length > maxUriLength) return null
  const match = /^(ipfs|sha1):\/\/([^/?#]+)(?:\/([^?#]*))?$/i.exec(text)
  if (match === null) {
    const cid = readCid(text)
    return cid === null ? null : { kind: 'cid', cid, name: null }
  }
  const [, scheme = '', hash = '', rest] = match
  const name = rest === undefined || rest === '' ? null : readName(rest)
  if (name === undefined) return null
  if (scheme.toLowerCase() === 'sha1') {
    const sha1 = hash.toLowerCase()
    return isSha1(sha1) ? { kind: 'sha1', sha1, name } : null
  }
  const cid = readCid(hash)
  return cid === null ? null : { kind: 'cid', cid, name }
}

/** As `readUri`. @throws SwarmError INVALID_INPUT that says what is taken */
export function parseUri(text: string): FileUri {
  const uri = readUri(text)
  if (uri !== null) return uri
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text
  throw new SwarmError(
    'INVALID_INPUT',
    `"${shown}" names no file: it is ipfs://CID/name, a CID of a file, or sha1://HASH/name with 40 hexadecimal digits`,
  )
}

/** The one way to write it: v1 in base32, lower case, what a URI may not have escaped. */
export function formatUri(uri: FileUri): string {
  const name = uri.name === null ? '' : `/${uri.name.toWellFormed().split('/').map(encodeURIComponent).join('/')}`
  return uri.kind === 'cid' ? `ipfs://${uri.cid}${name}` : `sha1://${uri.sha1}${name}`
}

/** The URI of a shared file. A name that no URI can say (`a//b`, `..`) is left out. */
export function uriOf(cid: Cid, name: string | null): string {
  return formatUri({ kind: 'cid', cid, name: name !== null && isName(name) ? name : null })
}

function isSha1(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

/** CIDv1 in base32, whatever form it was given in: v0 and v1 of one file name the same blocks. Null for what is none. */
export function readCid(text: string): Cid | null {
  // A prefix for each base (multibase), but for v0, which has none.
  const base = text.startsWith('Qm') || text.startsWith('z') ? base58btc : text.startsWith('k') ? base36 : base32
  if (!/^[0-9A-Za-z]{20,200}$/.test(text)) return null
  try {
    // Base32 may be written in capitals; then all of it is.
    const cid = CID.parse(/^B[A-Z2-7]+$/.test(text) ? text.toLowerCase() : text, base)
    if ((cid.code !== rawCodec && cid.code !== dagPbCodec) || !canCheck(cid) || cid.multihash.digest.length < 20)
      return null
    const v1 = cid.toV1().toString(base32)
    return isCid(v1) ? v1 : null
  } catch {
    return null
  }
}

function readName(rest: string): string | undefined {
  try {
    const steps = rest.split('/').map(decodeURIComponent)
    // A slash inside a step would be read back as two steps.
    if (steps.some((step) => step.includes('/'))) return undefined
    const name = steps.join('/')
    return isName(name) ? name : undefined
  } catch {
    return undefined
  }
}

function isName(name: string): boolean {
  if (name === '' || name.length > maxNameLength || !name.isWellFormed()) return false
  return name.split('/').every((step) => step !== '' && step !== '.' && step !== '..')
}
