import { createHash, randomBytes } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'
import { peerIdFromString } from '@libp2p/peer-id'
import { BlockClient, NotSpokenError } from './block-client.ts'
import { blockProtocol, encodeAnswerHead, encodeWant, maxOpenQuestions } from './block-frames.ts'
import { BlockServer } from './block-server.ts'

const { signal } = new AbortController()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await stopNodes()
})

const nameOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const waitFor = <Result>(look: () => Result): Promise<Result> => vi.waitFor(look, { timeout: 10_000, interval: 10 })

interface World {
  readonly giver: TestNode
  readonly asker: TestNode
  readonly client: BlockClient
  readonly counters: Counters
  readonly blamed: PeerId[]
  readonly blocks: Map<string, Uint8Array>
  readonly loaded: string[]
}

async function linked(init: { admit?: (bytes: number) => Promise<void>; serve?: boolean } = {}): Promise<World> {
  const giver = await makeNode()
  await giver.start()
  const asker = await makeNode({ bootstrap: giver.addresses() })
  await asker.start()
  await waitFor(() => expect(asker.linked(giver.peerId) && giver.linked(asker.peerId)).toBe(true))
  const blocks = new Map<string, Uint8Array>()
  const loaded: string[] = []
  const blamed: PeerId[] = []
  const counters = new Counters()
  const blame = (peer: PeerId): void => void blamed.push(peer)
  if (init.serve !== false) {
    const server = new BlockServer({
      libp2p: () => giver.libp2p,
      load: async (cid) => {
        const key = Buffer.from(cid).toString('hex')
        loaded.push(key)
        return blocks.get(key)
      },
      counters,
      blame,
      ...(init.admit === undefined ? {} : { admit: init.admit }),
    })
    await server.start()
    stops.push(() => server.stop())
  }
  const client = new BlockClient({ libp2p: () => asker.libp2p, clock: systemClock, blame })
  await client.start()
  stops.push(() => client.stop())
  return { giver, asker, client, counters, blamed, blocks, loaded }
}

function put(world: World, bytes: Uint8Array): Buffer {
  const name = nameOf(bytes)
  world.blocks.set(name.toString('hex'), bytes)
  return name
}

const streamsOf = (world: World): number =>
  world.asker.libp2p
    .getConnections()
    .flatMap(({ streams }) => streams)
    .filter(({ protocol }) => protocol === blockProtocol).length

it('many blocks asked for at once come over one stream, each to who asked, and what is absent is told', async () => {
  const world = await linked()
  const blocks = [...Array.from({ length: 200 }, (_, n) => randomBytes(1 + n * 500)), randomBytes(2 * 1024 * 1024)]
  const names = blocks.map((bytes) => put(world, bytes))
  const ask = (name: Uint8Array): Promise<Uint8Array | undefined> =>
    world.client.request(world.giver.peerId, name, { signal })
  const answers = await Promise.all([...names.map(ask), ask(Buffer.from('nobody has it')), ask(Buffer.of(1))])
  expect(answers.slice(0, -2).map((one) => nameOf(one ?? Buffer.of()).equals(Buffer.of()))).not.toContain(true)
  answers.slice(0, -2).forEach((one, n) => expect(nameOf(one ?? Buffer.of())).toEqual(names[n]))
  expect(answers.slice(-2)).toEqual([undefined, undefined])
  expect(streamsOf(world)).toBe(1)
  expect(world.counters.get('files.block:sent')).toBe(201)
})

it('an empty block is a block', async () => {
  const world = await linked()
  const name = put(world, Buffer.alloc(0))
  expect(await world.client.request(world.giver.peerId, name, { signal })).toHaveLength(0)
})

it('a peer that does not speak it is told from one that is not linked', async () => {
  const world = await linked({ serve: false })
  await expect(world.client.request(world.giver.peerId, Buffer.of(1), { signal })).rejects.toThrow(NotSpokenError)
  const stranger = await makeNode()
  await expect(world.client.request(stranger.peerId, Buffer.of(1), { signal })).rejects.toThrow('not linked')
})

it('what is no longer wanted is not read from disk, and the stream goes on', async () => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const world = await linked({ admit: () => held })
  const names = Array.from({ length: 30 }, () => put(world, randomBytes(1_000)))
  const leave = new AbortController()
  const asked = names.map((name, n) =>
    world.client.request(world.giver.peerId, name, { signal: n === 0 ? signal : leave.signal }),
  )
  await waitFor(() => expect(world.loaded.length).toBeGreaterThan(0))
  await waitFor(() => expect(streamsOf(world)).toBe(1))
  leave.abort(new Error('enough'))
  for (const one of asked.slice(1)) await expect(one).rejects.toThrow('enough')
  await new Promise((resolve) => setTimeout(resolve, 100))
  release()
  expect(await asked[0]).toHaveLength(1_000)
  const last = put(world, randomBytes(10))
  expect(await world.client.request(world.giver.peerId, last, { signal })).toHaveLength(10)
  // Those that were being read, the one sent, and the last.
  expect(world.loaded.length).toBeLessThanOrEqual(6)
})

it('an asker of too much at a time is cut off and blamed', async () => {
  const world = await linked({ admit: () => new Promise(() => {}) })
  const name = put(world, randomBytes(10))
  const [connection] = world.asker.libp2p.getConnections(peerIdFromString(world.giver.peerId))
  const stream = await connection?.newStream(blockProtocol)
  for (let no = 0; no <= maxOpenQuestions + 1; no += 1) stream?.send(encodeWant(no, name))
  await waitFor(() => expect(world.blamed).toEqual([world.asker.peerId]))
  await waitFor(() => expect(stream?.status).not.toBe('open'))
  expect(world.counters.get('files.refused:bad-question')).toBe(1)
})

it('a giver of what was not asked for is left and blamed, and nobody waits for it', async () => {
  const world = await linked({ serve: false })
  await world.giver.libp2p.handle(blockProtocol, (stream) => {
    stream.addEventListener('message', () => void stream.send(encodeAnswerHead(77, 100)))
  })
  await expect(world.client.request(world.giver.peerId, Buffer.of(1), { signal })).rejects.toThrow('fits no question')
  expect(world.blamed).toEqual([world.giver.peerId])
})

it('a link that goes ends what is asked, and the next question opens another stream', async () => {
  const world = await linked()
  const name = put(world, randomBytes(100))
  expect(await world.client.request(world.giver.peerId, name, { signal })).toHaveLength(100)
  await world.asker.hangUp(world.giver.peerId)
  await waitFor(() => expect(world.asker.linked(world.giver.peerId)).toBe(true))
  await vi.waitFor(async () =>
    expect(await world.client.request(world.giver.peerId, name, { signal })).toHaveLength(100),
  )
})
