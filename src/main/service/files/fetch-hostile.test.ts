import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { afterEach, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { blockProtocol, encodeAnswerHead, QuestionReader } from '../../net/blocks/block-frames.ts'
import { startFilePeers, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, shared, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

type Stream = Parameters<Parameters<FilePeer['node']['libp2p']['handle']>[1]>[0]
type Answer = (stream: Stream, no: number, block: Uint8Array, asked: number) => void

/**
 * Three peers, of which the first shares, the third fetches, and the second says that it has a copy, and, being what
 * speaks the protocol there, answers as it likes.
 */
async function withLiar(answer: Answer): Promise<{ a: FilePeer; liar: FilePeer; c: FilePeer }> {
  const [a, liar, c] = await startFilePeers(['a', 'liar', 'c'])
  if (a === undefined || liar === undefined || c === undefined) throw new Error('three peers were asked for')
  c.node.setBootstrap([...a.node.addresses(), ...liar.node.addresses()])
  await waitFor(() => expect(c.node.neighbours()).toHaveLength(2))
  let asked = 0
  await liar.node.libp2p.unhandle(blockProtocol)
  await liar.node.libp2p.handle(blockProtocol, (stream) => {
    const reader = new QuestionReader()
    stream.addEventListener('message', ({ data }) => {
      for (const question of reader.push(data.subarray())) {
        if (question.kind !== 'want') continue
        asked += 1
        const count = asked
        void a.files.blocks
          .get(CID.decode(question.cid))
          .then((block) => answer(stream, question.no, block ?? Buffer.alloc(1), count))
          .catch(() => {})
      }
    })
  })
  return { a, liar, c }
}

async function fetchedWhole({ a, liar, c }: { a: FilePeer; liar: FilePeer; c: FilePeer }): Promise<Cid> {
  const bytes = randomBytes(6_000_000)
  const cid = await shared(a, 'x.bin', bytes)
  liar.book.author({ bucket: 'files', key: cid, value: { kind: 'copy', sizeBytes: 6_000_000 }, validForMs: 60_000 })
  await waitFor(() => expect(c.files.shares.get(cid)?.copies).toHaveLength(2))
  expect(await ended(c, c.files.fetching.fetch(cid, { to: 'downloads' }))).toMatchObject({ state: 'done' })
  expect((await readFile(join(c.downloadDir, 'x.bin'))).equals(bytes)).toBe(true)
  return cid
}

it('a provider that sends wrong blocks is asked for no more, and blamed; the file comes from the others', async () => {
  let given = 0
  const world = await withLiar((stream, no, block) => {
    given += 1
    const wrong = Buffer.from(block)
    wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] ?? 0) ^ 1
    stream.send(encodeAnswerHead(no, wrong.length))
    stream.send(wrong)
  })
  await fetchedWhole(world)
  const { c, liar } = world
  // Those that it was asked for before the first was seen to be wrong.
  expect(given).toBeLessThanOrEqual(4)
  expect(c.counters.get('files.refused:wrong-block')).toBeGreaterThan(0)
  expect(c.node.offenders.points(liar.peerId)).toBeGreaterThan(0)
  expect(c.files.transfers.views()[0]?.from).toEqual(['a'])
})

it('a provider that says nothing is left, and what it owed comes from the others', async () => {
  const world = await withLiar(() => {})
  await fetchedWhole(world)
  expect(world.c.files.transfers.views()[0]?.from).toEqual(['a'])
})

it('a provider whose blocks never end is left', async () => {
  const world = await withLiar((stream, no, block, asked) => {
    if (asked > 1) return
    stream.send(encodeAnswerHead(no, block.length))
    const drip = setInterval(() => {
      if (stream.status !== 'open') return clearInterval(drip)
      stream.send(Buffer.alloc(10))
    }, 50)
  })
  await fetchedWhole(world)
  expect(world.c.files.transfers.views()[0]?.from).toEqual(['a'])
})

it('a provider that lies about the length of a block is cut off before it is kept', async () => {
  const world = await withLiar((stream, no) => {
    stream.send(encodeAnswerHead(no, 2 ** 31))
    stream.send(Buffer.alloc(100_000))
  })
  await fetchedWhole(world)
  expect(world.c.node.offenders.points(world.liar.peerId)).toBeGreaterThan(0)
})

it('a provider that has nothing of what it says to have costs a question or two', async () => {
  let asked = 0
  const world = await withLiar((stream, no) => {
    asked += 1
    stream.send(encodeAnswerHead(no, null))
  })
  await fetchedWhole(world)
  expect(asked).toBeLessThan(20)
})

it('a block that is late is asked of another that is free, and the slow one goes on with the rest', async () => {
  const world = await withLiar((stream, no, block, asked) => {
    const send = (): void => {
      if (stream.status !== 'open') return
      stream.send(encodeAnswerHead(no, block.length))
      stream.send(block)
    }
    if (asked === 2) setTimeout(send, 1_900)
    else send()
  })
  await fetchedWhole(world)
  expect(world.c.files.transfers.views()[0]?.from.toSorted()).toEqual(['a', 'liar'])
  expect(world.c.counters.get('files.refused:wrong-block')).toBe(0)
})
