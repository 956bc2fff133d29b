import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../../shared/ids.ts'
import { peerIdOfKey } from '../../../model/peer-key.ts'
import { stopAll } from '../../../base/lifecycle.ts'
import type { Channel, ReceivedMessage, SendOutcome, SwarmMessage } from '../channel.ts'

export interface RigPeer {
  readonly peer: PeerId
  readonly channel: Channel
}

/** One medium with peers on it: what an implementation shows the suite. */
export interface ChannelRig {
  /** One more peer, not started. The first is the one that others come to, where there is such a one. */
  peer(init?: { readonly swarm?: string }): Promise<RigPeer>
  /** Brings so much garbage before `channel` as one stranger; the link is cut on the way, so not all need arrive. */
  garbage(channel: Channel, count: number): Promise<void>
  /** Frees what the medium holds; channels are stopped by the suite. */
  stop(): Promise<void>
}

export interface SuiteInit {
  /** How long a message, a link or a recovery may take at most. Default 10 s. */
  readonly patienceMs?: number
  /** Whether the first peer, started alone, waits for others; channels on a medium that is always there do not. */
  readonly waitsAlone?: boolean
  /** How many messages sent without waiting are surely too many. Default 20,000 of 1 KiB. */
  readonly flood?: number
  /** Payloads to be carried; default from nothing to the largest. */
  readonly sizes?: readonly number[]
}

/** A message as a peer would send it first. */
export function messageOf(peer: PeerId, over: Partial<SwarmMessage> = {}): SwarmMessage {
  return {
    id: randomBytes(16).toString('base64url'),
    kind: 'text',
    origin: peer,
    sender: peer,
    to: null,
    hops: 0,
    trace: null,
    payload: new Uint8Array(randomBytes(64)),
    ...over,
  }
}

export function someone(): PeerId {
  return peerIdOfKey(randomBytes(32))
}

/** Remembers what a channel heard, and settles it as known. */
export function listen(channel: Channel): ReceivedMessage[] {
  const heard: ReceivedMessage[] = []
  channel.events.on('message:received', (received) => {
    heard.push(received)
    received.settle('known')
  })
  return heard
}

/** What every channel promises, whatever carries it. */
export function channelSuite(name: string, makeRig: () => Promise<ChannelRig>, init: SuiteInit = {}): void {
  const { patienceMs = 10_000, waitsAlone = true, flood = 20_000 } = init
  const soon = { timeout: patienceMs, interval: 20 }
  const long = { timeout: patienceMs * 6 }

  describe(`channel: ${name}`, () => {
    let rig: ChannelRig
    const channels: Channel[] = []

    async function join(over: { readonly swarm?: string } = {}): Promise<RigPeer & { heard: ReceivedMessage[] }> {
      const made = await rig.peer(over)
      channels.push(made.channel)
      const heard = listen(made.channel)
      await made.channel.start()
      return { ...made, heard }
    }

    const linked = (channel: Channel) => vi.waitFor(() => expect(channel.facts().state).toBe('up'), soon)

    /** Says something until the other side hears it: who has just come may not be there yet. */
    async function hears(from: RigPeer, to: { readonly heard: ReceivedMessage[] }): Promise<void> {
      await vi.waitFor(
        async () => {
          const message = messageOf(from.peer)
          expect(await from.channel.send(message)).toMatchObject({ kind: 'sent' })
          await vi.waitFor(() => expect(to.heard.map((heard) => heard.message.id)).toContain(message.id), {
            timeout: 1_000,
            interval: 10,
          })
        },
        { timeout: patienceMs, interval: 50 },
      )
    }

    async function three() {
      const [a, b, c] = [await join(), await join(), await join()]
      for (const one of [b, c]) await hears(one, a)
      for (const one of [b, c]) await hears(a, one)
      return { a, b, c }
    }

    beforeEach(async () => {
      rig = await makeRig()
    })
    afterEach(async () => {
      await stopAll(channels.splice(0))
      await rig.stop()
    })

    test('carries messages of all sizes both ways, each once and unchanged', long, async () => {
      const [a, b] = [await join(), await join()]
      await hears(b, a)
      await hears(a, b)
      const most = a.channel.maxPayloadBytes
      for (const size of init.sizes ?? [0, 1, 1_000, 20_000, most]) {
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const message = messageOf(from.peer, {
            kind: 'records',
            to: `/dswarm/${to.peer}/brain`,
            hops: 3,
            trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
            payload: new Uint8Array(randomBytes(size)),
          })
          const outcome = await from.channel.send(message)
          expect(outcome).toMatchObject({ kind: 'sent' })
          await vi.waitFor(() => expect(to.heard.some((heard) => heard.message.id === message.id)).toBe(true), soon)
          const found = to.heard.filter((heard) => heard.message.id === message.id)
          expect(found.map((heard) => heard.message)).toEqual([message])
          expect(found[0]?.source).toMatchObject({ channel: to.channel.id, kind: to.channel.kind })
        }
      }
      expect(await a.channel.send(messageOf(a.peer, { payload: new Uint8Array(most + 1) }))).toEqual({
        kind: 'dropped',
        reason: 'oversize',
      })
      expect(a.channel.facts().dropped).toMatchObject({ oversize: 1 })
    })

    test('sends to all, to one link, and to all but one', long, async () => {
      const { a, b, c } = await three()
      const linkOf = (peer: PeerId) => a.heard.find((heard) => heard.message.sender === peer)?.source.link ?? ''
      const ids = (peer: { readonly heard: ReceivedMessage[] }) => peer.heard.map((heard) => heard.message.id)
      expect(linkOf(b.peer)).not.toBe(linkOf(c.peer))
      const [all, one, but] = [messageOf(a.peer), messageOf(a.peer), messageOf(a.peer)]
      await a.channel.send(one, { to: linkOf(b.peer) })
      await a.channel.send(but, { except: linkOf(b.peer) })
      await a.channel.send(all)
      for (const peer of [b, c]) await vi.waitFor(() => expect(ids(peer)).toContain(all.id), soon)
      await vi.waitFor(() => expect(ids(b)).toContain(one.id), soon)
      await vi.waitFor(() => expect(ids(c)).toContain(but.id), soon)
      expect(ids(c)).not.toContain(one.id)
      if (!a.channel.shared) expect(ids(b)).not.toContain(but.id)
    })

    test('a link that is not there drops what is sent to it', long, async () => {
      const [a, b] = [await join(), await join()]
      await hears(b, a)
      expect(await a.channel.send(messageOf(a.peer), { to: 'nowhere:1' })).toEqual({
        kind: 'dropped',
        reason: 'nobody',
      })
    })

    test('another swarm’s messages are counted and nothing else', long, async () => {
      const [a, b] = [await join(), await join()]
      const other = await join({ swarm: 'another' })
      await hears(b, a)
      for (let i = 0; i < 15; i += 1) await other.channel.send(messageOf(other.peer))
      await hears(b, a)
      await hears(a, b)
      expect(a.heard.map((heard) => heard.message.sender)).not.toContain(other.peer)
      expect(other.heard).toEqual([])
      expect(a.channel.facts().peers.map(({ peer }) => peer)).toEqual([b.peer])
    })

    test('garbage is counted, who brings it is cut off, and the others go on', long, async () => {
      const [a, b] = [await join(), await join()]
      await hears(b, a)
      const before = a.heard.length
      const badOnes = () => {
        const { malformed = 0, oversize = 0, 'unknown-version': version = 0, cut = 0 } = a.channel.facts().dropped
        return { bad: malformed + oversize + version, cut }
      }
      await rig.garbage(a.channel, 30)
      await vi.waitFor(() => expect(badOnes().bad).toBeGreaterThanOrEqual(10), soon)
      expect(badOnes().bad).toBeLessThanOrEqual(12)
      expect(a.heard.length).toBe(before)
      await hears(b, a)
      await hears(a, b)
    })

    test('whoever is blamed often enough is cut off', long, async () => {
      const { a, b, c } = await three()
      const link = a.heard.find((heard) => heard.message.sender === b.peer)?.source.link ?? ''
      // Points fade: a little more than ten offences.
      for (let i = 0; i < 12; i += 1) a.channel.blame(link, 'garbage')
      const before = a.heard.length
      await b.channel.send(messageOf(b.peer))
      await hears(c, a)
      expect(a.heard.slice(before).map((heard) => heard.message.sender)).not.toContain(b.peer)
    })

    test('more than can be sent is dropped and counted, and the channel goes on', long, async () => {
      const [a, b] = [await join(), await join()]
      await hears(a, b)
      const payload = new Uint8Array(randomBytes(1_024))
      const outcomes: Promise<SendOutcome>[] = []
      for (let i = 0; i < flood; i += 1) outcomes.push(a.channel.send(messageOf(a.peer, { payload })))
      const counted = a.channel.facts().dropped['overflow'] ?? 0
      expect(counted).toBeGreaterThan(0)
      const count = (kind: string) => (list: readonly SendOutcome[]) => list.filter((one) => one.kind === kind).length
      // The newest are worth more than the oldest, or the other way round: what matters is that all are accounted for.
      await a.channel.stop()
      const settled = await Promise.all(outcomes)
      expect(count('sent')(settled) + count('dropped')(settled)).toBe(flood)
      await a.channel.start()
      await hears(b, a)
      await hears(a, b)
    })

    test('facts tell state, traffic and who is heard', long, async () => {
      const a = await join()
      await vi.waitFor(() => expect(a.channel.facts().state).toBe(waitsAlone ? 'waiting' : 'up'), soon)
      expect(a.channel.facts().peers).toEqual([])
      const b = await join()
      await hears(b, a)
      await hears(a, b)
      await linked(a.channel)
      const facts = a.channel.facts()
      expect(facts.peers.map(({ peer }) => peer)).toEqual([b.peer])
      expect(facts.peers[0]?.source).toBe(a.heard[0]?.source.link)
      expect(facts.received.messages).toBe(a.heard.length)
      expect(facts.sent.messages).toBeGreaterThan(0)
      expect(facts.sent.bytes).toBeGreaterThan(64 * facts.sent.messages)
      expect(facts.received.messagesPerS).toBeGreaterThan(0)
    })

    test('is switched off and on while the others run', long, async () => {
      const { a, b, c } = await three()
      const changed: string[] = []
      b.channel.events.on('channel:changed', ({ id }) => changed.push(id))
      await b.channel.stop()
      expect(b.channel.facts().state).toBe('off')
      expect(changed).toContain(b.channel.id)
      const silent = b.heard.length
      await hears(a, c)
      expect(b.heard.length).toBe(silent)
      expect(await b.channel.send(messageOf(b.peer))).toEqual({ kind: 'dropped', reason: 'off' })
      await b.channel.start()
      await hears(a, b)
      await hears(b, a)
    })

    test('goes on when the other side dies and comes back', long, async () => {
      const { a, b, c } = await three()
      await a.channel.stop()
      await a.channel.start()
      for (const one of [b, c]) await hears(one, a)
      for (const one of [b, c]) await hears(a, one)
      expect(a.channel.facts().state).toBe('up')
    })

    test('what was accepted is sent before it stops, then it is quiet', long, async () => {
      const [a, b] = [await join(), await join()]
      await hears(a, b)
      await hears(b, a)
      const last = messageOf(a.peer)
      const sending = a.channel.send(last)
      await a.channel.stop()
      expect(await sending).toMatchObject({ kind: 'sent' })
      await vi.waitFor(() => expect(b.heard.map((heard) => heard.message.id)).toContain(last.id), soon)
      const before = a.heard.length
      await b.channel.send(messageOf(b.peer))
      await a.channel.stop()
      expect(a.heard.length).toBe(before)
    })

    test('starts and stops twice without harm', async () => {
      const a = await join()
      await a.channel.start()
      await a.channel.stop()
      await a.channel.stop()
      expect(a.channel.facts().state).toBe('off')
    })
  })
}
