import { afterEach, describe, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import {
  linked,
  startCheckpointPeer,
  startLinked,
  stopCheckpointPeers,
  waitFor,
  type CheckpointPeer,
} from './testing/checkpoint-peer.ts'

afterEach(stopCheckpointPeers)

async function* stream(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function exported(peer: CheckpointPeer, root: Cid): Promise<Buffer> {
  const file = await peer.checkpoints.file(root)
  const parts: Uint8Array[] = []
  for await (const part of file.bytes()) parts.push(part)
  const bytes = Buffer.concat(parts)
  expect(bytes.length).toBe(file.sizeBytes)
  return bytes
}

describe('a newcomer', () => {
  it('takes over the newest checkpoint, and reconciles only what is not in it', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('files', 'log', 4_000)
    const view = await a.checkpoints.create()
    expect(view).toMatchObject({ own: true, local: true, believable: true, signers: [{ name: 'a', how: 'announced' }] })
    a.say('files', 'later', 10)

    const b = await startCheckpointPeer({ name: 'b', bootstrap: [a.address] })
    await waitFor(() => expect(b.counters.get('checkpoints.taken')).toBe(1))
    await waitFor(() => expect(b.count('files')).toBe(4_010))
    const total = view.records
    expect(b.checkpoints.catchUp()).toMatchObject({
      root: view.root,
      doneRecords: total,
      totalRecords: total,
      sources: ['a'],
    })
    await waitFor(() => expect(b.checkpoints.catchUp().phase).toBe('done'))
    // Four thousand records of 300 bytes and more went as chunks; what reconciliation carried is far less.
    expect(b.counters.get('catch-up.bytes') + a.counters.get('catch-up.bytes')).toBeLessThan(200_000)
    expect(b.checkpoints.get(view.root)).toMatchObject({ local: true, own: false })
    // Compared when somebody looks: the ten that came later, and that b was admitted.
    await waitFor(() => expect(b.checkpoints.get(view.root)?.difference).toEqual({ missingHere: 0, newHere: 11 }))
  })

  it('goes on looking when a stranger has told it all that it knows', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('files', 'log', 1_000)
    await a.checkpoints.create()
    const stranger = await startCheckpointPeer({ name: 'stranger', stranger: true })
    const b = await startCheckpointPeer({
      name: 'b',
      bootstrap: [stranger.address],
      checkpoints: { lookMs: 60_000 },
    })
    await waitFor(() => expect(b.counters.get('catch-up.done')).toBeGreaterThan(0))
    // Longer than a session of somebody who is trusted would leave.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(b.checkpoints.catchUp().phase).toBe('looking')
    b.node.setBootstrap([stranger.address, a.address])
    await waitFor(() => expect(b.counters.get('checkpoints.taken')).toBe(1))
  })

  it('with little to fetch, or no checkpoint in sight, is brought up to date without waiting', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('files', 'log', 100)
    await a.checkpoints.create()
    const startedMs = performance.now()
    const b = await startCheckpointPeer({ name: 'b', bootstrap: [a.address] })
    await waitFor(() => expect(b.count('files')).toBe(100))
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect(b.counters.get('checkpoints.taken')).toBe(0)
  })

  it('fetches from all that hold the same state', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('files', 'log', 3_000)
    const b = await startCheckpointPeer({ name: 'b', bootstrap: [a.address], checkpoints: { leastRecords: 1e6 } })
    await waitFor(() => expect(b.count('files')).toBe(3_000))
    const { root } = await a.checkpoints.create()
    const own = await b.checkpoints.create()
    await waitFor(() => expect(a.checkpoints.get(own.root)).toBeDefined())
    const c = await startLinked({ name: 'c' }, [a, b])
    await waitFor(() => expect(c.count('files')).toBe(3_000))
    expect(c.checkpoints.catchUp().root).toBe(root)
    expect(c.checkpoints.catchUp().sources.toSorted()).toEqual(['a', 'b'])
  })

  it('that is stopped in the middle goes on with the chunks it has', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('files', 'log', 6_000)
    await a.checkpoints.create()
    const b = await startCheckpointPeer({ name: 'b', bootstrap: [a.address] })
    await waitFor(() => expect(b.checkpoints.catchUp().doneChunks).toBeGreaterThan(2))
    await b.leave()
    const before = b.counters.get('files.block:fetched')
    expect(b.count('files')).toBeLessThan(6_000)
    await b.start()
    await waitFor(() => expect(b.count('files')).toBe(6_000))
    const { chunks } = a.checkpoints.list()[0] ?? { chunks: 0 }
    // Root and chunks, each once, but for those that were on their way when it stopped.
    expect(before).toBeGreaterThan(2)
    expect(b.counters.get('files.block:fetched')).toBeLessThanOrEqual(chunks + 1 + 8)
  })
})

describe('peers of the same state', () => {
  it('agree on a checkpoint: one announces, some endorse, the others leave it at that', async () => {
    const checkpoints = { everyMs: 60_000, firstMs: 400, endorseMs: 400 }
    const a = await startCheckpointPeer({ name: 'a', checkpoints: { ...checkpoints, firstMs: 1e9 } })
    a.say('files', 'log', 20)
    const others: CheckpointPeer[] = []
    for (const name of ['b', 'c', 'd', 'e']) {
      others.push(
        await startCheckpointPeer({ name, bootstrap: [a.address], checkpoints: { ...checkpoints, firstMs: 1e9 } }),
      )
    }
    for (const other of others) await waitFor(() => expect(other.count('files')).toBe(20))
    const { root } = await a.checkpoints.create()
    await waitFor(() => expect(a.checkpoints.get(root)?.signers.length).toBeGreaterThanOrEqual(3))
    await waitFor(() => {
      for (const other of others) expect(other.checkpoints.get(root)?.signers.length).toBeGreaterThanOrEqual(3)
    })
    expect(a.checkpoints.get(root)).toMatchObject({
      believable: true,
      reason: expect.stringContaining('agree') as unknown,
    })
    // Records of machines do not differ here: whoever makes the same root announces it as well.
    const said = [a, ...others].reduce(
      (sum, { counters }) => sum + counters.get('checkpoints.announced') + counters.get('checkpoints.endorsed'),
      0,
    )
    expect(said).toBeLessThanOrEqual(5)
  })

  it('make a new one when something has changed, and let go of old ones', async () => {
    const a = await startCheckpointPeer({ name: 'a', collectAfterMs: 50, checkpoints: { everyMs: 150, firstMs: 50 } })
    const roots = new Set<string>()
    for (let round = 0; round < 6; round += 1) {
      a.say('files', `round ${round} `, 3)
      await waitFor(() => {
        const newest = a.checkpoints.list().find(({ signers }) => signers.length > 0)
        expect(newest?.buckets.find(({ bucket }) => bucket === 'files')?.records).toBe(3 * (round + 1))
        roots.add(newest?.root ?? '')
      })
    }
    const held = a.checkpoints.list().filter(({ local }) => local)
    expect(held).toHaveLength(3)
    const [oldest] = roots
    expect(a.checkpoints.get(oldest ?? '')).toBeUndefined()
    await waitFor(() => expect(a.counters.get('files.collect:blocks')).toBeGreaterThan(0))
    for (const { root } of held) expect(await a.checkpoints.verify(root)).toMatchObject({ good: true, problems: [] })
    expect(held[0]?.sharedChunks).toBeGreaterThan(0)
  })
})

describe('a checkpoint as a file', () => {
  it('carries the state to a network that the first never meets; once more brings nothing new', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    const b = await startCheckpointPeer({ name: 'b' })
    const c = await startCheckpointPeer({ name: 'c', bootstrap: [b.address] })
    await linked(b, c)
    a.say('files', 'log', 2_500)
    const { root, records } = await a.checkpoints.create()
    const car = await exported(a, root)
    const imported = await b.checkpoints.importFile(stream([car.subarray(0, 100), car.subarray(100)]))
    expect(imported).toMatchObject({ root, added: 2_500, refused: {} })
    expect(imported.added + imported.known).toBe(records)
    expect(b.keys('files')).toEqual(a.keys('files'))
    // And on from there.
    await waitFor(() => expect(c.count('files')).toBe(2_500))
    expect(await b.checkpoints.importFile(stream([car]))).toMatchObject({ added: 0, known: records })
    expect(b.checkpoints.get(root)).toMatchObject({ local: true, own: false, believable: false })
    expect(await b.checkpoints.verify(root)).toMatchObject({ good: true, records })
    // As good a source as the first.
    expect((await exported(b, root)).equals(car)).toBe(true)
  })

  it('of the peer itself brings nothing, and nothing of it is refused, though it has said newer things since', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    a.say('machines', 'version', 1)
    const { root, records } = await a.checkpoints.create()
    const car = await exported(a, root)
    a.say('machines', 'version', 1)
    expect(await a.checkpoints.importFile(stream([car]))).toMatchObject({ added: 0, known: records, refused: {} })
  })

  it('cut, damaged or padded is refused, and says what is wrong', async () => {
    const a = await startCheckpointPeer({ name: 'a' })
    const b = await startCheckpointPeer({ name: 'b' })
    a.say('files', 'log', 1_500)
    const { root } = await a.checkpoints.create()
    const car = await exported(a, root)
    const damaged = Buffer.from(car)
    damaged[car.length - 200] = (damaged[car.length - 200] ?? 0) ^ 1
    const other = await a.checkpoints.file((await (a.say('usage', 'km', 1), a.checkpoints.create())).root)
    const parts: Uint8Array[] = []
    for await (const part of other.bytes()) parts.push(part)
    const alien = parts.at(-1) ?? new Uint8Array(0)
    for (const [bytes, why] of [
      [car.subarray(0, car.length - 100), 'cut short'],
      [damaged, 'is damaged'],
      [Buffer.concat([car, alien]), 'is no part of it'],
      [Buffer.from('hello'), 'not the file of a checkpoint'],
    ] as const) {
      await expect(b.checkpoints.importFile(stream([bytes]))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(why) as unknown,
      })
    }
    expect(b.count('files')).toBe(0)
    expect(b.counters.get('checkpoints.refused:file')).toBe(4)
    expect(b.files.blocks.pins()).toEqual([])
  })
})
