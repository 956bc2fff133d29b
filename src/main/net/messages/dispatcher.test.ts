import { randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { brainAddress } from '../../model/address.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../model/cbor.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { messageId } from './brain-message.ts'
import { maxHops, type SwarmMessage } from '../channels/channel.ts'
import { MemoryMedium, type MemoryChannel } from '../channels/testing/memory-channel.ts'
import { messageWindowMs, ReplayGuard } from './replay-guard.ts'
import { encodePayload, maxPathSteps, SignedLines, withStep } from './signed-line.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../testing/brain-peers.ts'

afterEach(stopBrains)

const soon = { timeout: 10_000, interval: 10 }
const line = (): MemoryMedium => new MemoryMedium({ pointToPoint: true })
const patience = { timeoutMs: 4_000 }

/** Peers in a row, each linked to the next by a line of its own. */
async function row(count: number): Promise<{ peers: BrainPeer[]; lines: MemoryMedium[]; ends: MemoryChannel[][] }> {
  const peers = await Promise.all(Array.from({ length: count }, () => startBrain()))
  const lines: MemoryMedium[] = []
  const ends: MemoryChannel[][] = []
  for (let i = 0; i + 1 < count; i += 1) {
    const medium = line()
    lines.push(medium)
    ends.push(await meet(medium, ...peers.slice(i, i + 2)))
  }
  return { peers, lines, ends }
}

const at = <Item>(list: readonly Item[], i: number): Item => {
  const item = list.at(i)
  if (item === undefined) throw new Error(`there is no ${i}`)
  return item
}

const learnedFrom = ({ dispatcher }: BrainPeer): string[] =>
  dispatcher.routes
    .list()
    .filter(({ source }) => source === 'learned')
    .map(({ prefix, next }) => `${prefix} => ${next}`)

test('a ping finds its way over peers in between, and says which', async () => {
  const { peers } = await row(4)
  const [a, b, c, d] = [at(peers, 0), at(peers, 1), at(peers, 2), at(peers, 3)]
  const { path, back, tookMs } = await a.talk.ping(d.peerId, patience)
  expect(path.map(({ peer }) => peer)).toEqual([b.peerId, c.peerId, d.peerId])
  expect(back.map(({ peer }) => peer)).toEqual([c.peerId, b.peerId, a.peerId])
  expect(path.every(({ channel }) => channel.startsWith('/ip4/10.'))).toBe(true)
  expect(tookMs).toBeGreaterThan(0)
})

test('traffic teaches the way: the second ping is sent to nobody but the next peer', async () => {
  const { peers, ends } = await row(3)
  const [a, b, c] = [at(peers, 0), at(peers, 1), at(peers, 2)]
  const elsewhere = line()
  const other = await startBrain()
  await meet(elsewhere, a, other)
  await a.talk.ping(c.peerId, patience)
  const [ab] = at(ends, 0)
  expect(learnedFrom(a)).toEqual([`${brainAddress(c.peerId)} => ${ab?.address}${brainAddress(b.peerId)}/$0`])
  const before = elsewhere.carried.frames
  await a.talk.ping(c.peerId, patience)
  expect(elsewhere.carried.frames).toBe(before)
  expect(a.dispatcher.routes.list()[0]?.usedAtMs).not.toBeNull()
})

test('a way that is gone is forgotten, and another found', async () => {
  const { peers, lines } = await row(3)
  const [a, b, c] = [at(peers, 0), at(peers, 1), at(peers, 2)]
  await a.talk.ping(c.peerId, patience)
  const detour = await startBrain()
  await meet(line(), a, detour)
  await meet(line(), detour, c)
  lines[1]?.cut([b.peerId], [c.peerId])
  const { path } = await a.talk.ping(c.peerId, { timeoutMs: 1_000 })
  expect(path.map(({ peer }) => peer)).toEqual([detour.peerId, c.peerId])
})

test('a set route is followed over the chain it names, whatever was learned', async () => {
  const { peers } = await row(2)
  const [a, c] = [at(peers, 0), at(peers, 1)]
  const bridge = await startBrain()
  const [ab] = await meet(line(), a, bridge)
  const [bc] = await meet(line(), bridge, c)
  await a.talk.ping(c.peerId, patience)
  a.dispatcher.routes.add(brainAddress(c.peerId), `${ab?.address}${brainAddress(bridge.peerId)}${bc?.address}/$0`)
  const { path } = await a.talk.ping(c.peerId, patience)
  expect(path.map(({ peer }) => peer)).toEqual([bridge.peerId, c.peerId])
  a.dispatcher.routes.remove(brainAddress(c.peerId))
  expect((await a.talk.ping(c.peerId, patience)).path).toHaveLength(1)
  expect(() => a.dispatcher.routes.remove(brainAddress(c.peerId))).toThrow('No route was set')
  expect(() => a.dispatcher.routes.add('nonsense', '/$0')).toThrow('The prefix "nonsense"')
})

test('a text arrives once, cleaned, and is acknowledged', async () => {
  const { peers } = await row(3)
  const [a, c] = [at(peers, 0), at(peers, 2)]
  const sent = await a.talk.text(c.peerId, 'stop\u0007 \u202Erobot\n7', patience)
  expect(sent.delivered).toBe(true)
  const shown = c.stream.last(100, ({ kind, outcome }) => kind === 'text' && outcome === 'taken')
  expect(shown.map(({ summary }) => summary)).toEqual(['text: stop  robot 7'])
  await expect(a.talk.text(c.peerId, ' \u0000 ', patience)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(a.talk.text(a.peerId, 'hello', patience)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('on a lossy medium the second try gets through, and a text sent twice is shown once', async () => {
  const [a, b] = await Promise.all([startBrain(), startBrain()])
  const medium = new MemoryMedium()
  await meet(medium, a, b)
  // Only the answers get lost.
  const dispatch = vi.spyOn(b.brain, 'put').mockResolvedValueOnce({ kind: 'sent', bytes: 0 })
  expect(await a.talk.text(b.peerId, 'hello', { timeoutMs: 600 })).toMatchObject({ delivered: true })
  expect(dispatch).toHaveBeenCalledTimes(2)
  const shown = b.stream.last(100, ({ kind, direction }) => kind === 'text' && direction === 'in')
  expect(shown.map(({ summary }) => summary)).toEqual(['text: hello', 'text, once more'])
})

test('who does not answer is told as unreachable, in time', async () => {
  const { peers } = await row(2)
  const nobody = identityOfSeed(randomBytes(32)).peerId
  await expect(at(peers, 0).talk.ping(nobody, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(await at(peers, 0).talk.text(nobody, 'hello', { timeoutMs: 200 })).toMatchObject({ delivered: false })
})

test('a stranger may ask whether one is there, but its texts are not heard', async () => {
  const member = await startBrain()
  const stranger = await startBrain({ stranger: true })
  await meet(line(), member, stranger)
  expect(await stranger.talk.ping(member.peerId, patience)).toMatchObject({ path: [{ peer: member.peerId }] })
  expect(await stranger.talk.text(member.peerId, 'let me in', { timeoutMs: 200 })).toMatchObject({ delivered: false })
  expect(member.counters.get('brain.refused:stranger')).toBe(2)
  expect(learnedFrom(member)).toEqual([])
})

/** What a hostile peer does with the messages of another. */
async function tamper(change: (message: SwarmMessage) => SwarmMessage | readonly SwarmMessage[]) {
  const { peers, ends } = await row(3)
  const [a, b, c] = [at(peers, 0), at(peers, 1), at(peers, 2)]
  const [end, other] = at(ends, 0)
  const send = end?.send.bind(end)
  const blamed = vi.spyOn(other ?? ({} as MemoryChannel), 'blame')
  vi.spyOn(end ?? ({} as MemoryChannel), 'send').mockImplementation(async (message, options) => {
    const changed = message.kind === 'ping' ? [change(message)].flat() : [message]
    for (const one of changed) await send?.(one, options)
    return { kind: 'sent', bytes: 0 }
  })
  const ping = a.talk.ping(c.peerId, { timeoutMs: 300 }).then(
    () => true,
    () => false,
  )
  return { answered: await ping, a, b, c, blamed }
}

test('a forged origin is garbage, and goes no further', async () => {
  const liar = identityOfSeed(randomBytes(32))
  const { answered, b, c } = await tamper((message) => ({ ...message, origin: liar.peerId }))
  expect(answered).toBe(false)
  expect(b.counters.get('brain.refused:malformed')).toBe(2)
  expect(c.stream.last(10)).toEqual([])
})

test.each([
  ['the signature', 1],
  ['what is signed', 0],
])('with a byte of %s changed a message is garbage', async (_, part) => {
  const { answered, b } = await tamper((message) => {
    const decoded = decodeCbor(message.payload)
    const parts = decoded.kind === 'ok' ? [...(decoded.value as readonly CborValue[])] : []
    const bytes = Uint8Array.from(parts[part] as Uint8Array)
    bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1
    parts[part] = bytes
    return { ...message, payload: encodeCbor(parts) }
  })
  expect(answered).toBe(false)
  expect(b.counters.get('brain.refused:bad-signature') + b.counters.get('brain.refused:malformed')).toBe(2)
})

test('a replayed message is taken once, by everybody', async () => {
  const { answered, b, c } = await tamper((message) => [message, message, message])
  expect(answered).toBe(true)
  await vi.waitFor(() => {
    expect(b.stream.last(100, ({ reason }) => reason === 'repeated')).toHaveLength(2)
  }, soon)
  expect(c.stream.last(100, ({ kind, direction }) => kind === 'ping' && direction === 'in')).toHaveLength(1)
})

test('one that has passed as many channels as it may goes no further', async () => {
  const { answered, b, c } = await tamper((message) => ({ ...message, hops: maxHops }))
  expect(answered).toBe(false)
  expect(b.counters.get('brain.dropped:hops')).toBe(2)
  expect(c.stream.last(10)).toEqual([])
})

test('one from too long ago, or of another swarm, is refused', async () => {
  const { peers, ends } = await row(2)
  const [a, b] = [at(peers, 0), at(peers, 1)]
  const send = async (swarm: string, atMs: number): Promise<void> => {
    const id = messageId(Math.random)
    const head = { id, kind: 'ping', destination: b.peerId, at: atMs, body: null }
    const payload = encodePayload(new SignedLines({ swarm }).sign(head, a.identity))
    const [end] = at(ends, 0)
    const to = brainAddress(b.peerId)
    await end?.send({ id, kind: 'ping', origin: a.peerId, sender: a.peerId, to, hops: 0, trace: null, payload })
  }
  await send('test', Date.now() - messageWindowMs - 1_000)
  await send('other', Date.now())
  await vi.waitFor(() => expect(b.counters.get('brain.refused:stale')).toBe(1), soon)
  await vi.waitFor(() => expect(b.counters.get('brain.refused:bad-signature')).toBe(1), soon)
})

test('one origin that floods is held to its rate, and the others are heard', async () => {
  const { peers } = await row(3)
  const [a, b, c] = [at(peers, 0), at(peers, 1), at(peers, 2)]
  for (let i = 0; i < 200; i += 1) void a.dispatcher.send('ping', c.peerId, null)
  await vi.waitFor(() => expect(b.counters.get('brain.refused:rate')).toBeGreaterThan(100), soon)
  expect(c.stream.last(1_000, ({ kind, direction }) => kind === 'ping' && direction === 'in').length).toBeLessThan(80)
  expect(await b.talk.ping(c.peerId, patience)).toBeDefined()
})

test('what is refused for its rate is not remembered', async () => {
  const { peers } = await row(2)
  const [a, b] = [at(peers, 0), at(peers, 1)]
  const remembered = vi.spyOn(ReplayGuard.prototype, 'take')
  for (let i = 0; i < 200; i += 1) void a.dispatcher.send('ping', b.peerId, null)
  await vi.waitFor(() => expect(b.counters.get('brain.refused:rate')).toBeGreaterThan(100), soon)
  // Those of the pings, and of the answers to them.
  expect(remembered.mock.calls.length).toBeLessThan(150)
  remembered.mockRestore()
})

test('round a ring a message that nobody answers ends', async () => {
  const { peers, lines } = await row(3)
  const last = line()
  await meet(last, at(peers, 2), at(peers, 0))
  const nobody = identityOfSeed(randomBytes(32)).peerId
  await expect(at(peers, 0).talk.ping(nobody, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'UNREACHABLE' })
  const frames = [...lines, last].reduce((sum, { carried }) => sum + carried.frames, 0)
  // Two tries, each over three lines at most once from either end.
  expect(frames).toBeLessThanOrEqual(12)
})

test('an answer counts only from who was asked', async () => {
  const { peers } = await row(3)
  const [a, b, c] = [at(peers, 0), at(peers, 1), at(peers, 2)]
  const asked: string[] = []
  const answering = vi.spyOn(a.dispatcher, 'send').mockImplementation(async (kind, _to, _body, options) => {
    asked.push(options?.id ?? '')
    return { id: kind, channels: 1, used: [] }
  })
  const ping = a.talk.ping(c.peerId, { timeoutMs: 400 })
  await b.dispatcher.send('pong', a.peerId, { of: asked[0] ?? '', path: [] })
  await expect(ping).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(a.counters.get('brain.refused:not-asked')).toBe(1)
  expect(answering).toHaveBeenCalled()
})

test('a path grows no longer than a message can go, and holds what can be shown', () => {
  const signer = identityOfSeed(randomBytes(32))
  const head = { id: messageId(Math.random), kind: 'ping', destination: signer.peerId, at: 1, body: null }
  let payload = new SignedLines({ swarm: 'test' }).sign(head, signer)
  for (let i = 0; i < 20; i += 1) payload = withStep(payload, signer.peerId, `/a b\u0007${'x'.repeat(500)}`)
  expect(payload.path).toHaveLength(maxPathSteps)
  expect(payload.path[0]?.channel).toMatch(/^\/a\?b\?x{115}$/)
})
