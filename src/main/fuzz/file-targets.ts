import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { encodeCbor, isMapValue, decodeCbor } from '../model/cbor.ts'
import { decodeMark, decodeMarkAnswer, encodeMark, encodeMarkAnswer } from '../net/marks/mark-frames.ts'
import { decodeProviding, decodeSeeking, encodeProviding, encodeSeeking } from '../net/seek/seek-frames.ts'
import { channelKey, channelValue, readMembership } from '../service/files/file-channel-record.ts'
import { formatUri, readCid, readUri } from '../service/files/uri.ts'
import type { Target } from './fuzzer.ts'
import { other, text } from './samples.ts'

const utf8 = (input: Uint8Array): string => Buffer.from(input).toString('utf8')
const isSomething = (output: unknown): boolean => output !== null && output !== undefined

const cid = readCid(CID.createV1(0x55, digest.create(0x12, hash('sha256', 'a log', 'buffer'))).toString()) ?? never()
const sha1 = hash('sha1', 'a log')

function never(): never {
  throw new Error('there are samples')
}

const uris = [
  formatUri({ kind: 'cid', cid, name: 'run 17/camera.bag' }),
  formatUri({ kind: 'sha1', sha1, name: 'drive.mcap' }),
  'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
]

/** What people and peers say of files: URIs, searches, file channels. */
export function fileTargets(): readonly Target[] {
  return [
    {
      name: 'file URI',
      seeds: uris.map(text),
      decode: (input) => {
        const uri = readUri(utf8(input))
        // What is taken has one way to be written, and is read again as the same.
        if (uri !== null && JSON.stringify(readUri(formatUri(uri))) !== JSON.stringify(uri)) {
          throw new Error(`${formatUri(uri)} is not stable`)
        }
        return uri
      },
      isTaken: isSomething,
    },
    {
      name: 'search for a file',
      seeds: [
        encodeSeeking({ hash: { kind: 'sha1', sha1 }, channel: 'lab', relay: true }),
        encodeSeeking({ hash: { kind: 'cid', cid }, channel: null, relay: false }),
      ],
      decode: decodeSeeking,
      isTaken: isSomething,
    },
    {
      name: 'answer to a search',
      seeds: [encodeProviding([{ peer: other.peerId, cid, sizeBytes: 17, name: 'drive.mcap' }])],
      decode: decodeProviding,
      isTaken: isSomething,
    },
    {
      name: 'mark of a moment',
      seeds: [encodeMark('it hit the wall'), encodeMark('')],
      decode: decodeMark,
      isTaken: isSomething,
    },
    {
      name: 'answer to a mark',
      seeds: [
        encodeMarkAnswer({ marked: { id: '2030-01-02_03-04-05Z-mark', files: 4, sizeBytes: 2_000, leftOut: 1 } }),
        encodeMarkAnswer({ refused: 'It is off.' }),
      ],
      decode: decodeMarkAnswer,
      isTaken: isSomething,
    },
    {
      name: 'record of a file channel',
      seeds: [encodeCbor({ key: channelKey('lab'), value: channelValue(true) })],
      decode: (input) => {
        const decoded = decodeCbor(input)
        if (decoded.kind !== 'ok' || !isMapValue(decoded.value)) return null
        const { key, value } = decoded.value
        return typeof key === 'string' && isMapValue(value) ? readMembership(key, value) : null
      },
      isTaken: (output) => isMembership(output) && output.kind === 'ok',
    },
  ]
}

const isMembership = (output: unknown): output is { readonly kind: string } =>
  typeof output === 'object' && output !== null && 'kind' in output
