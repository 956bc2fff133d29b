import { decodeCbor, encodeCbor, isMapValue } from '../model/cbor.ts'
import { decodeAnnouncement, encodeAnnouncement } from '../model/checkpoint-announcement.ts'
import { readChunk } from '../model/checkpoint-chunk.ts'
import { blockOf, decodeIndex, decodeRoot, encodeCheckpoint, type ChunkEntry } from '../model/checkpoint.ts'
import { decodeAttestationList, decodeBatch, decodeSigned, encodeAttestationList } from '../model/record-codec.ts'
import { decodeBody } from '../model/record.ts'
import { SetSum } from '../model/set-sum.ts'
import { decodeTrust, encodeAsk, encodeRole, encodeRoot } from '../model/trust-records.ts'
import { readCar, writeCar } from '../service/checkpoints/car.ts'
import type { Target } from './fuzzer.ts'
import { batch, endorsed, peers, record, records, signed, swarm } from './samples.ts'

const isOk = (output: unknown): boolean =>
  typeof output === 'object' && output !== null && 'kind' in output && output.kind === 'ok'

const chunk = blockOf(batch)
const entry: ChunkEntry = {
  cid: chunk.cid,
  from: records[0]?.body.validFrom ?? 0,
  to: records.at(-1)?.body.validFrom ?? 0,
  count: records.length,
  bytes: batch.length,
}
const part = { count: 3, bytes: batch.length, fingerprint: new SetSum().fingerprint(), entries: [entry] }
const small = encodeCheckpoint(swarm, new Map([['files', part]]))
const many = encodeCheckpoint(
  swarm,
  new Map([['files', { ...part, entries: Array.from({ length: 4_200 }, () => entry) }]]),
)
const announcement = encodeAnnouncement({
  root: small.root.cid,
  at: 1,
  records: 3,
  bytes: 1_000,
  chunks: 1,
  buckets: new Map([['files', { count: 3, chunks: 1, fingerprint: new Uint8Array(32) }]]),
})

async function carFile(): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const load = async (cid: typeof chunk.cid): Promise<Uint8Array> =>
    cid.equals(chunk.cid) ? chunk.bytes : small.root.bytes
  for await (const bytes of writeCar(small.root.cid, [small.root.cid, chunk.cid], load)) parts.push(bytes)
  return Uint8Array.from(Buffer.concat(parts))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** What a file must not do either: our own refusals are words, everything else is a fault. */
async function readAll(bytes: Uint8Array): Promise<unknown> {
  const blocks: unknown[] = []
  try {
    for await (const block of readCar(once(bytes))) blocks.push(block.bytes)
  } catch (error) {
    if (error instanceof Error && error.name === 'SwarmError') return null
    throw error
  }
  return { kind: 'ok', blocks }
}

/** A map of the data model, as the value of a record that was taken. */
const valueOf = (bytes: Uint8Array) => {
  const decoded = decodeCbor(bytes)
  return decoded.kind === 'ok' && isMapValue(decoded.value) ? decoded.value : undefined
}

const trustValues = [
  encodeRoot({ version: 1, name: 'lab', keys: peers.slice(0, 2), threshold: 1, rules: new Map() }),
  encodeRoot({
    version: 2,
    name: 'lab',
    keys: peers.slice(0, 2),
    threshold: 2,
    rules: new Map(),
    previous: swarm,
    keeps: [swarm],
  }),
  encodeRole({ version: 2, roles: ['robot'], revoked: false, note: 'of the lab' }),
  encodeAsk({ role: 'robot', name: 'duckie01', simulated: true, invite: 'abcdefghijk', proof: new Uint8Array(32) }),
]

/** Records, and what is made of them. */
export async function recordTargets(): Promise<readonly Target[]> {
  return [
    { name: 'signed record', seeds: signed, decode: decodeSigned, isTaken: isOk },
    { name: 'record body', seeds: records.map(({ bytes }) => bytes), decode: decodeBody, isTaken: isOk },
    {
      name: 'batch',
      seeds: [batch],
      decode: (input) => {
        const decoded = decodeBatch(input)
        return decoded.kind === 'ok' ? { kind: 'ok', records: decoded.records.map(decodeSigned) } : decoded
      },
      isTaken: isOk,
    },
    {
      name: 'attestations',
      seeds: [encodeAttestationList(endorsed(record(9)).attestations), encodeAttestationList([])],
      decode: decodeAttestationList,
      isTaken: Array.isArray,
    },
    {
      name: 'trust record',
      seeds: trustValues.map(encodeCbor),
      decode: (input) => {
        const value = valueOf(input)
        if (value === undefined) return null
        return ['root', `role/${peers[0]}`, 'ask', 'nonsense'].map((key) => decodeTrust({ key, value }))
      },
      isTaken: Array.isArray,
    },
    {
      name: 'checkpoint root',
      seeds: [small.root.bytes, many.root.bytes],
      decode: decodeRoot,
      isTaken: isOk,
    },
    {
      name: 'checkpoint index',
      seeds: [encodeCbor([]), ...many.index.slice(-1).map(({ bytes }) => bytes)],
      decode: decodeIndex,
      isTaken: isOk,
    },
    {
      name: 'checkpoint chunk',
      seeds: [batch],
      decode: (input) => readChunk('files', { ...entry, bytes: input.length }, input, new SetSum()),
      isTaken: isOk,
    },
    {
      name: 'checkpoint announcement',
      seeds: [encodeCbor(announcement)],
      decode: (input) => {
        const value = valueOf(input)
        return value === undefined ? undefined : decodeAnnouncement(value)
      },
      isTaken: (output) => output !== undefined,
    },
    { name: 'CAR file', seeds: [await carFile()], decode: readAll, isTaken: isOk },
  ]
}
