import { lpStream } from '@libp2p/utils'
import { peerIdFromString } from '@libp2p/peer-id'
import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { seekProtocol, type SoughtHash } from './seek-frames.ts'
import { Seekers, type SeekersDeps } from './seeking.ts'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'

const cidOf = (text: string): Cid =>
  CID.createV1(0x55, digest.create(0x12, hash('sha256', text, 'buffer'))).toString() as Cid
const sha1Of = (text: string): string => hash('sha1', text)
const bySha1 = (text: string) => ({ hash: { kind: 'sha1', sha1: sha1Of(text) }, channel: null }) as const

interface Made {
  readonly node: TestNode
  readonly seekers: Seekers
  /** What it has. */
  readonly has: Set<string>
  asked: { readonly hash: SoughtHash; readonly from: PeerId; readonly relay: boolean }[]
}

const running: Seekers[] = []
const strangers = new Set<PeerId>()
const channels = new Map<string, Set<PeerId>>()
const soon = { timeout: 10_000, interval: 20 }

async function make(change: Partial<SeekersDeps> = {}): Promise<Made> {
  const node = await makeNode()
  await node.start()
  const has = new Set<string>()
  const asked: Made['asked'] = []
  const seekers = new Seekers({
    self: node.peerId,
    node,
    clock: systemClock,
    counters: node.counters,
    isMember: (peer) => !strangers.has(peer),
    onChannel: (name) => [...(channels.get(name) ?? [])].filter((peer) => peer !== node.peerId),
    own: ({ hash: wanted, channel, relay }, from) => {
      asked.push({ hash: wanted, from, relay })
      if (channel !== null && channels.get(channel)?.has(from) !== true) return null
      const text = [...has].find((one) =>
        wanted.kind === 'sha1' ? sha1Of(one) === wanted.sha1 : cidOf(one) === wanted.cid,
      )
      return text === undefined ? null : { cid: cidOf(text), sizeBytes: text.length, name: `${text}.bag` }
    },
    ...change,
  })
  await seekers.start()
  running.push(seekers)
  return { node, seekers, has, asked }
}

async function link(from: Made, to: Made): Promise<void> {
  from.node.setBootstrap([...to.node.addresses()])
  await vi.waitFor(() => expect(from.node.linked(to.node.peerId) && to.node.linked(from.node.peerId)).toBe(true), soon)
}

const signal = new AbortController().signal

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()))
  await stopNodes()
  strangers.clear()
  channels.clear()
})

describe('Seekers', () => {
  it('a neighbour that has it says so, of itself', async () => {
    const [a, b] = [await make(), await make()]
    await link(a, b)
    b.has.add('drive')
    const found = { peer: b.node.peerId, cid: cidOf('drive'), sizeBytes: 5, name: 'drive.bag' }
    expect(await a.seekers.seek(bySha1('drive'), { signal })).toEqual([found])
    expect(await a.seekers.seek({ hash: { kind: 'cid', cid: cidOf('drive') }, channel: null }, { signal })).toEqual([
      found,
    ])
    expect(await a.seekers.seek(bySha1('another'), { signal })).toEqual([])
  })

  it('finds what a neighbour of a neighbour has, and asks it itself', async () => {
    const [a, hub, c] = [await make(), await make(), await make()]
    await link(a, hub)
    await link(c, hub)
    a.node.learn(c.node.peerId, c.node.addresses())
    c.has.add('drive')
    const found = await a.seekers.seek(bySha1('drive'), { signal })
    expect(found).toMatchObject([{ peer: c.node.peerId, cid: cidOf('drive') }])
    expect(a.node.linked(c.node.peerId)).toBe(true)
    // Once for the hub, once for us, and never further.
    expect(c.asked.map(({ from, relay }) => [from, relay])).toEqual([
      [hub.node.peerId, false],
      [a.node.peerId, false],
    ])
  })

  it('goes one hop and no further', async () => {
    const [a, b, c, d] = [await make(), await make(), await make(), await make()]
    await link(a, b)
    await link(b, c)
    await link(c, d)
    d.has.add('far')
    expect(await a.seekers.seek(bySha1('far'), { signal })).toEqual([])
    expect(d.asked).toEqual([])
  })

  it('a hub that lies about others is not believed', async () => {
    const liar = await make()
    const honest = await make()
    const a = await make()
    await link(a, liar)
    await link(honest, liar)
    a.node.learn(honest.node.peerId, honest.node.addresses())
    // The liar says what the honest one has, which it does not.
    await liar.seekers.stop()
    await liar.node.libp2p.handle(seekProtocol, async (stream) => {
      const frames = lpStream(stream)
      await frames.read()
      const { encodeProviding } = await import('./seek-frames.ts')
      await frames.write(encodeProviding([{ peer: honest.node.peerId, cid: cidOf('x'), sizeBytes: 1, name: 'x' }]))
      await stream.close()
    })
    expect(await a.seekers.seek(bySha1('drive'), { signal })).toEqual([])
    expect(honest.asked).toHaveLength(1)
  })

  it('a file channel is asked alone, and its members that are not linked are dialled', async () => {
    const [a, member, other, far] = [await make(), await make(), await make(), await make()]
    await link(a, member)
    await link(a, other)
    a.node.learn(far.node.peerId, far.node.addresses())
    for (const one of [member, other, far]) one.has.add('drive')
    channels.set('lab', new Set([a.node.peerId, member.node.peerId, far.node.peerId]))
    const found = await a.seekers.seek({ ...bySha1('drive'), channel: 'lab' }, { signal })
    expect(found.map(({ peer }) => peer)).toContain(member.node.peerId)
    expect(other.asked).toEqual([])
    await vi.waitFor(() => expect(a.node.linked(far.node.peerId)).toBe(true), soon)
  })

  it('who is not on the channel gets nothing there', async () => {
    const [a, member] = [await make(), await make()]
    await link(a, member)
    member.has.add('drive')
    channels.set('lab', new Set([member.node.peerId]))
    expect(await a.seekers.seek({ ...bySha1('drive'), channel: 'lab' }, { signal })).toEqual([])
  })

  it('strangers are neither asked nor answered', async () => {
    const [a, b] = [await make(), await make()]
    await link(a, b)
    a.has.add('ours')
    b.has.add('theirs')
    strangers.add(b.node.peerId)
    expect(await a.seekers.seek(bySha1('theirs'), { signal })).toEqual([])
    expect(b.asked).toEqual([])
    expect(await b.seekers.seek(bySha1('ours'), { signal })).toEqual([])
    expect(a.asked).toEqual([])
    expect(a.node.counters.get('seek.refused:stranger')).toBe(1)
  })

  it('a neighbour that asks without end is no longer looked up for, and costs its neighbours nothing', async () => {
    // Time stands still for whoever is asked, so that no rate recovers meanwhile.
    const still = { ...systemClock, monotonic: () => 0 }
    const [a, b, c] = [await make(), await make({ clock: still }), await make()]
    await link(a, b)
    await link(c, b)
    for (let n = 0; n < 13; n += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, m) => a.seekers.seek(bySha1(`no ${n} ${m}`), { signal })))
    }
    expect(b.node.counters.get('seek.refused:rate')).toBeGreaterThan(0)
    expect(b.asked.length).toBeLessThanOrEqual(100)
    expect(b.node.counters.get('seek.refused:relay-rate')).toBeGreaterThan(0)
    expect(c.asked.length).toBeLessThanOrEqual(20)
  })

  it('one that does not answer costs no more than the time', async () => {
    const [a, mute, b] = [await make(), await make(), await make()]
    await link(a, mute)
    await link(a, b)
    await mute.seekers.stop()
    await mute.node.libp2p.handle(seekProtocol, () => {})
    b.has.add('drive')
    const startedMs = performance.now()
    expect(await a.seekers.seek(bySha1('drive'), { signal })).toMatchObject([{ peer: b.node.peerId }])
    // Not the eight seconds that a search may take.
    expect(performance.now() - startedMs).toBeLessThan(7_000)
    expect(await a.seekers.seek(bySha1('nothing'), { signal, timeoutMs: 500 })).toEqual([])
    expect(performance.now() - startedMs).toBeLessThan(14_000)
  })

  it('who sends garbage is blamed, on either side', async () => {
    const [a, b] = [await make(), await make()]
    await link(a, b)
    const stream = await b.node.libp2p.dialProtocol(peerIdFromString(a.node.peerId), seekProtocol)
    await lpStream(stream).write(Uint8Array.of(1, 2, 3))
    await vi.waitFor(() => expect(a.node.counters.get('seek.refused:malformed')).toBe(1), soon)

    await a.seekers.stop()
    await a.node.libp2p.handle(seekProtocol, async (answering) => {
      const frames = lpStream(answering)
      await frames.read()
      await frames.write(Uint8Array.of(0xff))
    })
    expect(await b.seekers.seek(bySha1('x'), { signal })).toEqual([])
    expect(b.node.counters.get('seek.refused:malformed')).toBe(1)
  })

  it('ends when it is told to, and does nothing while it does not run', async () => {
    const [a, mute] = [await make(), await make()]
    await link(a, mute)
    await mute.seekers.stop()
    await mute.node.libp2p.handle(seekProtocol, () => {})
    const given = new AbortController()
    const seeking = a.seekers.seek(bySha1('x'), { signal: given.signal })
    given.abort()
    await expect(seeking).rejects.toThrow(/abort/i)
    const stopping = a.seekers.seek(bySha1('x'), { signal })
    await a.seekers.stop()
    expect(await stopping).toEqual([])
    expect(await a.seekers.seek(bySha1('x'), { signal })).toEqual([])
  })
})
