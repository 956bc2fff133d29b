import { hash } from 'node:crypto'
import { formatAddress, parseAddress } from '../model/address.ts'
import { encodeCbor } from '../model/cbor.ts'
import { decodeInvite, encodeInvite, invitePrefix } from '../model/invite.ts'
import { encodeAttestationList } from '../model/record-codec.ts'
import { recordDigest } from '../model/record-id.ts'
import { ItemList } from '../model/reconcile-list.ts'
import { decodeMessage } from '../model/reconcile-wire.ts'
import { answerMessage, firstMessage, takeAnswer } from '../model/reconcile.ts'
import type { SwarmMessage } from '../net/channels/channel.ts'
import { chunkFrame, IrcJoin, ircTag, readChunk } from '../net/channels/irc-chunk.ts'
import { LineCodec, lineOf } from '../net/channels/line.ts'
import { askFor, greet, readDatagram, splitFrame } from '../net/channels/udp-datagram.ts'
import { UdpJoin } from '../net/channels/udp-join.ts'
import { decodeDigest, decodeLineFrame, digestOf, encodeDigest, encodeLineFrame } from '../net/catch-up/line-frames.ts'
import { encodeFrame, parseAnswer, parseQuestion } from '../net/catch-up/reconcile-frames.ts'
import { encodePayload, SignedLines } from '../net/messages/signed-line.ts'
import { decodeTimeAnswer, encodeTimeAnswer, isTimeQuestion, timeQuestion } from '../net/clock/time-frames.ts'
import { unwrapBatch, wrapBatch } from '../net/messages/wire.ts'
import type { Target } from './fuzzer.ts'
import { batch, endorsed, nowMs, other, peers, records, self, swarm, text } from './samples.ts'

const isOk = (output: unknown): boolean =>
  typeof output === 'object' && output !== null && 'kind' in output && output.kind === 'ok'
const isSomething = (output: unknown): boolean => output !== null && output !== undefined
const utf8 = (input: Uint8Array): string => Buffer.from(input).toString('utf8')
const latin1 = (input: Uint8Array): string => Buffer.from(input).toString('latin1')

const message = (payload: Uint8Array, kind = 'records'): SwarmMessage => ({
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  kind,
  origin: self.peerId,
  sender: other.peerId,
  to: kind === 'records' ? null : `/dswarm/${other.peerId}/brain`,
  hops: 1,
  trace: null,
  payload,
})
const open = new LineCodec({ swarm, networkKey: null })
const sealed = new LineCodec({ swarm, networkKey: new Uint8Array(32).fill(5) })

function frameOf(codec: LineCodec, one: SwarmMessage): Uint8Array {
  const encoded = codec.encode(one)
  if (encoded.kind !== 'ok') throw new Error(`a valid message is refused: ${encoded.reason}`)
  return encoded.frame
}

const frames = [
  frameOf(open, message(batch)),
  frameOf(open, message(new Uint8Array(20), 'ping')),
  // Of many equal bytes: deflated.
  frameOf(open, message(new Uint8Array(20_000))),
]

/** Two sets that differ, and what they say to each other about it. */
const items = new ItemList()
const others = new ItemList()
for (let n = 0; n < 200; n += 1) {
  const item = { timestampMs: nowMs + (n % 7), id: hash('sha256', Buffer.from(`item ${n}`), 'buffer') }
  items.add(item)
  if (n % 9 !== 0) others.add(item)
}
const first = firstMessage(items)
const second = answerMessage(others, first, 4_096) ?? new Uint8Array(0)
const third = takeAnswer(items, second, 4_096)?.next ?? first

const digest = recordDigest(records[0]?.id ?? '') ?? new Uint8Array(32)
const attestations = encodeAttestationList(endorsed(records[0] ?? never()).attestations)

function never(): never {
  throw new Error('there are samples')
}

const questions = [
  encodeFrame(['hello', swarm, [['files', first]]]),
  encodeFrame(['round', [['files', third]]]),
  encodeFrame(['trade', [['files', digest]], batch]),
  encodeFrame(['offer', [['files', digest]]]),
  encodeFrame(['dismiss', [[digest, attestations]]]),
  encodeFrame(['news']),
]
const answers = [
  encodeFrame(['round', [['files', second]]]),
  encodeFrame(['trade', batch, 1, 1, []]),
  encodeFrame(['offer', new Uint8Array(1)]),
  encodeFrame(['refused', 'busy']),
]
const lineFrames = [
  encodeLineFrame({ kind: 'ask', no: 1, bucket: 'files', message: first }),
  encodeLineFrame({ kind: 'get', no: 2, items: [['files', digest]] }),
  encodeLineFrame({ kind: 'gave', no: 2, settled: 1 }),
  encodeLineFrame({ kind: 'dismiss', dismissals: [[digest, attestations]] }),
]

const header = { type: 'all', sender: '0011223344556677', no: 3 } as const
const clock = { monotonic: () => performance.now() }
const datagrams = [
  ...splitFrame(open.tag, header, frames[0] ?? never()),
  askFor(open.tag, header, [0, 1]),
  greet(open, 'hello', header.sender, '0011223344556677'),
]
const tag = ircTag(open.tag)
const chunks = chunkFrame(tag, 'abcdef', frames[0] ?? never(), { nick: 'duckie01', target: '#lab' })

const lines = new SignedLines({ swarm })
const addressed = lines.sign(
  { id: 'AAAAAAAAAAAAAAAAAAAAAA', kind: 'text', destination: other.peerId, at: nowMs, body: 'hello' },
  self,
)

const addresses = [
  '/ip4/192.168.1.7/tcp/1240/dswarm-line',
  '/ip6/ff02::1/udp/1240/dswarm-line',
  '/dns4/irc.example.org/tcp/6667/irc/#lab/dswarm-line',
  `/ipfs-pubsub/lab/dswarm-line/ip4/10.0.0.1/udp/9/dswarm-line/dswarm/${peers[0]}/brain`,
]

const link = encodeInvite({
  swarm,
  name: 'lab',
  root: swarm,
  rootVersion: 1,
  bootstrap: [`/ip4/192.168.1.7/tcp/4001/p2p/${peers[0]}`],
  networkKey: new Uint8Array(32),
  id: Buffer.alloc(8).toString('base64url'),
  secret: new Uint8Array(16),
  role: 'robot',
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + 3_600_000,
})
const checksumBytes = 4
const invitePayload = Buffer.from(link.slice(invitePrefix.length), 'base64url').subarray(0, -checksumBytes)
/** With the checksum made anew: without, nothing but it would ever be tried. */
const linkOf = (payload: Uint8Array): string => {
  const checksum = hash('sha256', payload, 'buffer').subarray(0, checksumBytes)
  return invitePrefix + Buffer.concat([payload, checksum]).toString('base64url')
}

/** What comes by any channel or stream, and what people paste. */
export function wireTargets(): readonly Target[] {
  const irc = new IrcJoin(clock)
  const udp = new UdpJoin(clock, Math.random)
  return [
    {
      name: 'gossip batch',
      seeds: [wrapBatch(batch), wrapBatch(new Uint8Array(9_000))],
      decode: unwrapBatch,
      isTaken: isOk,
    },
    { name: 'line', seeds: frames, decode: (input) => open.decode(input), isTaken: isOk },
    {
      name: 'line as text',
      seeds: frames.map((frame) => text(lineOf(frame))),
      decode: (input) => open.decodeText(latin1(input)),
      isTaken: isOk,
    },
    {
      name: 'sealed line',
      seeds: [frameOf(sealed, message(batch))],
      decode: (input) => sealed.decode(input),
      isTaken: isOk,
    },
    {
      name: 'datagram',
      seeds: datagrams,
      decode: (input) => {
        const read = readDatagram(open, Buffer.from(input))
        return read.kind === 'part' ? [read, udp.add('10.0.0.1:1', read)] : read
      },
      isTaken: Array.isArray,
    },
    {
      name: 'IRC line',
      seeds: chunks.map(text),
      decode: (input) => {
        const read = readChunk(tag, utf8(input))
        return read.kind === 'chunk' ? [read, irc.add('duckie', read)] : read
      },
      isTaken: Array.isArray,
    },
    { name: 'reconciliation message', seeds: [first, second, third], decode: decodeMessage, isTaken: isSomething },
    {
      name: 'reconciliation answer',
      seeds: [first, second, third],
      decode: (input) => [answerMessage(items, input, 4_096), takeAnswer(items, input, 4_096)],
      isTaken: (output) => Array.isArray(output) && output.some(isSomething),
    },
    { name: 'reconciliation question frame', seeds: questions, decode: parseQuestion, isTaken: isSomething },
    { name: 'reconciliation answer frame', seeds: answers, decode: parseAnswer, isTaken: isSomething },
    { name: 'reconciliation on lines', seeds: lineFrames, decode: decodeLineFrame, isTaken: isSomething },
    {
      name: 'digest on lines',
      seeds: [encodeDigest(digestOf(() => items, nowMs + 5))],
      decode: decodeDigest,
      isTaken: isSomething,
    },
    {
      name: 'addressed message',
      seeds: [encodePayload(addressed)],
      decode: (input) => lines.open(message(input, 'text')),
      isTaken: isOk,
    },
    {
      name: 'time',
      seeds: [timeQuestion, encodeTimeAnswer({ own: nowMs, swarm: null, held: 3 })],
      decode: (input) => [isTimeQuestion(input), decodeTimeAnswer(input)],
      isTaken: (output) => Array.isArray(output) && output.some((one) => one !== false && one !== undefined),
    },
    {
      name: 'swarm multiaddress',
      seeds: addresses.map(text),
      decode: (input) => {
        const parsed = parseAddress(utf8(input))
        if (parsed.kind !== 'ok') return parsed
        // What is taken has one way to be written, and is read again as the same.
        const written = formatAddress(parsed.address)
        const again = parseAddress(written)
        if (again.kind !== 'ok' || formatAddress(again.address) !== written) throw new Error(`${written} is not stable`)
        return parsed
      },
      isTaken: isOk,
    },
    {
      name: 'invite',
      seeds: [Uint8Array.from(invitePayload), encodeCbor({ v: 1 })],
      decode: (input) => decodeInvite(linkOf(input), nowMs),
      isTaken: isOk,
    },
    { name: 'invite link', seeds: [text(link)], decode: (input) => decodeInvite(utf8(input), nowMs), isTaken: isOk },
  ]
}
