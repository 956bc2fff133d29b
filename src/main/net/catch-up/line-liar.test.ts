import { afterEach, expect, test, vi } from 'vitest'
import type { PeerId } from '../../../shared/ids.ts'
import { encodeBatch } from '../../model/record-codec.ts'
import { signRecord } from '../../model/record.ts'
import { ownMessage } from '../messages/brain-message.ts'
import { MemoryMedium } from '../channels/testing/memory-channel.ts'
import { digestOf, encodeDigest } from './line-frames.ts'
import { linePaceOf, type LinePace } from './line-pace.ts'
import type { StreamEntry } from '../messages/message-stream.ts'
import { circle } from '../testing/peers.ts'
import { meet, startBrain, stopBrains, type BrainPeer } from '../testing/brain-peers.ts'

afterEach(stopBrains)

/** As on a LAN, eight times as fast: what takes 300 ms here takes 2.5 s there. */
const pace: LinePace = {
  ...linePaceOf({ kind: 'udp', address: '' }),
  answerMs: 300,
  digestMinMs: 250,
  // What is measured is the asking, not how long nobody says anything.
  digestMaxMs: 500,
  settleMs: 0,
  jitterMs: 40,
}
/** Five tries of one question, each longer than the one before. */
const wholePatienceMs = 10 * pace.answerMs

interface Scene {
  readonly honest: readonly [BrainPeer, BrainPeer]
  readonly liar: PeerId
  /** Another's digest, from the liar's link: it says that it holds something else, and never answers. */
  readonly lie: (as: PeerId) => Promise<void>
}

/** Two that lack nothing of each other, and one that says what is not so. */
async function meetLiar(): Promise<Scene> {
  const [a, b] = [await startBrain({ pace }), await startBrain({ pace })]
  const [liar, other] = [await startBrain(), await startBrain()]
  other.say('files', 'of another')
  const [, , channel] = await meet(new MemoryMedium(), a, b, liar)
  const lie = async (as: PeerId): Promise<void> => {
    const payload = encodeDigest(digestOf((bucket) => other.book.index.of(bucket), Date.now()))
    await channel?.send(ownMessage(as, Math.random, { kind: 'digest', to: null, payload }))
  }
  return { honest: [a, b], liar: liar.peerId, lie }
}

/** How long it takes until what only the second has is with the first, while the liar goes on. @param as null: it rests */
async function msUntilCaughtUp({ honest: [a, b], lie }: Scene, as: PeerId | null, count: number): Promise<number> {
  const before = a.keys('files').length
  for (let i = 0; i < count; i += 1) b.say('files', `log${before + i}`)
  const startedMs = performance.now()
  const lying = setInterval(() => void (as === null ? undefined : lie(as)), 50)
  try {
    await vi.waitFor(() => expect(a.keys('files')).toHaveLength(before + count), { timeout: 30_000, interval: 5 })
  } finally {
    clearInterval(lying)
  }
  return performance.now() - startedMs
}

test.each([
  ['its own name', ({ liar }: Scene) => liar],
  ["another's name", ({ honest: [, b] }: Scene) => b.peerId],
])('a silent liar in %s does not cost the others its whole patience', async (_, nameOf) => {
  const scene = await meetLiar()
  const [a, b] = scene.honest
  // As if all that it says had been lost: only catching up brings it.
  vi.spyOn(b.brain, 'publish').mockImplementation(() => {})
  // What the machine needs for the same without a liar is its own affair, not the liar's doing.
  let plainMs = await msUntilCaughtUp(scene, null, 20)
  await vi.waitFor(
    async () => {
      await scene.lie(nameOf(scene))
      expect(a.stream.last(1, isQuestion)).toHaveLength(1)
    },
    { timeout: 20_000, interval: 100 },
  )
  // At the worst, nothing is known of the liar yet, and it is being asked just now.
  const firstMs = await msUntilCaughtUp(scene, nameOf(scene), 20)
  await vi.waitFor(() => expect(a.counters.get('line-catch-up.failed:silent')).toBeGreaterThan(0))
  const thenMs = await msUntilCaughtUp(scene, nameOf(scene), 20)
  plainMs = Math.max(plainMs, await msUntilCaughtUp(scene, null, 20))
  for (const ms of [firstMs, thenMs]) expect(ms).toBeLessThan(2 * plainMs + wholePatienceMs / 2)
})

const isQuestion = ({ kind, direction }: StreamEntry): boolean => kind === 'reconcile' && direction === 'out'

test('versions of one record that are given without end are held to their author, and another is heard beside them', async () => {
  const [a, b] = [await startBrain({ pace }), await startBrain({ pace })]
  const flooder = await startBrain({ stranger: true })
  const [, , channel] = await meet(new MemoryMedium(), a, b, flooder)
  const { identity, peerId } = flooder
  const startMs = Date.now() - 1_000
  const versions = Array.from({ length: 400 }, (_, i) => {
    const span = { validFrom: startMs + i, validUntil: startMs + 600_000 }
    const body = {
      v: 1,
      bucket: 'machines',
      key: 'self',
      value: { n: i },
      author: peerId,
      seq: i + 1,
      ...span,
    } as const
    return signRecord(body, identity, circle.trusted.anchor.swarm)
  })
  const before = a.counters.get('verify.checks')
  for (let at = 0; at < versions.length; at += 20) {
    const payload = encodeBatch(versions.slice(at, at + 20))
    await channel?.send(ownMessage(peerId, Math.random, { kind: 'given', to: null, payload }))
  }
  b.say('files', 'honest')
  await vi.waitFor(() => expect(a.keys('files')).toEqual(['honest']))
  await vi.waitFor(() => expect(a.counters.get('ingest.refused:rate')).toBeGreaterThan(300))
  // Four of a record are free, and a stranger has thirty at once, and some more in a minute.
  expect(a.counters.get('verify.checks') - before).toBeLessThan(60)
})
