import { hash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { makeFilePeer, relayRecords, stopFilePeers, type FilePeer } from './testing/file-peers.ts'
import { ended, pair, shared, stream, waitFor } from './testing/file-steps.ts'

afterEach(stopFilePeers)

/** Started peers that are linked in a row; they hear each other's records only if `relay` is so. */
async function row(names: readonly string[], { relay }: { readonly relay: boolean }): Promise<FilePeer[]> {
  const peers = await Promise.all(names.map((name) => makeFilePeer(name)))
  if (relay) relayRecords(peers)
  await Promise.all(peers.map((peer) => peer.start()))
  for (const [n, peer] of peers.entries()) {
    const next = peers[n + 1]
    if (next === undefined) break
    peer.node.setBootstrap([...next.node.addresses()])
    await waitFor(() => expect(peer.node.linked(next.peerId) && next.node.linked(peer.peerId)).toBe(true))
  }
  return peers
}

const [first, second, third] = [0, 1, 2] as const
const at = (peers: readonly FilePeer[], n: number): FilePeer => {
  const peer = peers[n]
  if (peer === undefined) throw new Error('there is no such peer')
  return peer
}

async function readAll(peer: FilePeer, cid: Cid): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of peer.files.reader.content(cid, { signal: AbortSignal.timeout(20_000) })) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('find', () => {
  it('knows what is here, by CID and by SHA-1', async () => {
    const [a] = await pair()
    const bytes = randomBytes(300_000)
    const cid = await shared(a, 'run-17/camera.bag', bytes)
    const found = { cid, name: 'run-17/camera.bag', sizeBytes: bytes.length, local: true, providers: [] }
    expect(await a.files.finder.find(cid)).toEqual({ ...found, uri: `ipfs://${cid}`, sha1: hash('sha1', bytes) })
    expect(await a.files.finder.find(`sha1://${hash('sha1', bytes)}/x.bag`)).toMatchObject({
      ...found,
      sha1: hash('sha1', bytes),
    })
    expect(await a.files.finder.resolve(`sha1://${hash('sha1', bytes)}`, { signal: AbortSignal.timeout(5_000) })).toBe(
      cid,
    )
  })

  it('tells who has it by the records', async () => {
    const [a, b] = await pair()
    const bytes = randomBytes(1_000)
    const cid = await shared(a, 'drive.bag', bytes)
    await waitFor(() => expect(b.files.shares.get(cid)).toBeDefined())
    for (const uri of [cid, `sha1://${hash('sha1', bytes)}`]) {
      expect(await b.files.finder.find(uri)).toMatchObject({
        cid,
        name: 'drive.bag',
        sizeBytes: 1_000,
        local: false,
        providers: [{ peer: a.peerId, name: 'a', alive: true, how: 'record' }],
      })
    }
  })

  it('asks around for what no record names, also one hop further, and fetches it', async () => {
    const peers = await row(['a', 'hub', 'c'], { relay: false })
    const bytes = randomBytes(600_000)
    const cid = await shared(at(peers, third), 'far.bag', bytes)
    at(peers, first).node.learn(at(peers, third).peerId, at(peers, third).node.addresses())
    expect(at(peers, first).files.shares.get(cid)).toBeUndefined()
    const found = await waitFor(async () => {
      const one = await at(peers, first).files.finder.find(`sha1://${hash('sha1', bytes)}/far.bag`)
      expect(one).toMatchObject({ cid, name: 'far.bag', sizeBytes: bytes.length, local: false })
      return one
    })
    expect(found.providers).toEqual([{ peer: at(peers, third).peerId, name: 'c', alive: true, how: 'answer' }])
    expect(await readAll(at(peers, first), cid)).toEqual(bytes)
  })

  it('a fetch by CID finds a holder that no record names by itself', async () => {
    const peers = await row(['a', 'hub', 'c'], { relay: false })
    const bytes = randomBytes(600_000)
    const cid = await shared(at(peers, third), 'far.bag', bytes)
    at(peers, first).node.learn(at(peers, third).peerId, at(peers, third).node.addresses())
    const view = await ended(at(peers, first), at(peers, first).files.fetching.fetch(cid, { to: 'store' }))
    expect(view).toMatchObject({ state: 'done', error: null })
  })

  it('a copy is still found by its SHA-1 when its origin no longer shares it', async () => {
    const peers = await row(['a', 'b'], { relay: true })
    const late = await makeFilePeer('late')
    const bytes = randomBytes(50_000)
    const cid = await shared(at(peers, first), 'gone.bag', bytes)
    await ended(at(peers, second), at(peers, second).files.fetching.fetch(cid, { to: 'store' }))
    at(peers, first).files.sharing.unshare(cid)
    await waitFor(() => expect(at(peers, second).files.shares.get(cid)).toBeUndefined())
    await at(peers, second).restartFiles()
    await late.start()
    late.node.setBootstrap([...at(peers, second).node.addresses()])
    await waitFor(() => expect(late.node.linked(at(peers, second).peerId)).toBe(true))
    expect(await late.files.finder.find(`sha1://${hash('sha1', bytes)}`)).toMatchObject({
      cid,
      name: 'gone.bag',
      providers: [{ peer: at(peers, second).peerId, how: 'answer' }],
    })
  })

  it('says that nobody has it', async () => {
    const [a] = await pair()
    const sha1 = hash('sha1', 'nothing')
    const nothing = { cid: null, name: 'x', sizeBytes: null, local: false, providers: [] }
    expect(await a.files.finder.find(`sha1://${sha1}/x`)).toEqual({ uri: `sha1://${sha1}/x`, sha1, ...nothing })
    await expect(
      a.files.finder.resolve(`sha1://${sha1}`, { signal: AbortSignal.timeout(5_000) }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(a.files.finder.find('run-17.bag')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(a.files.finder.find(`sha1://${sha1}`, { channel: 'lab' })).rejects.toThrow(
      /is not on the file channel "lab"/,
    )
  })

  it('tries the next file when one has not the SHA-1 that is said of it', async () => {
    const [a, b] = await pair()
    const bytes = randomBytes(1_000)
    const sha1 = hash('sha1', bytes)
    const lie = await shared(a, 'lie.bag', randomBytes(1_000))
    const value = { kind: 'share', name: 'lie.bag', sizeBytes: 1_000, mediaType: '', modifiedAtMs: 1, sharedAtMs: 1 }
    a.book.author({ bucket: 'files', key: lie, value: { ...value, simulated: false, sha1 }, validForMs: 60_000 })
    await waitFor(async () => expect(await b.files.finder.find(`sha1://${sha1}`)).toMatchObject({ cid: lie }))
    b.files.finder.disprove(sha1, lie)
    expect(await b.files.finder.find(`sha1://${sha1}`)).toMatchObject({ cid: null })
    const cid = await shared(a, 'truth.bag', bytes)
    await waitFor(async () => expect(await b.files.finder.find(`sha1://${sha1}`)).toMatchObject({ cid }))
  })
})

describe('file channels', () => {
  it('a file of a channel is listed, found and given to those on it alone', async () => {
    const peers = await row(['a', 'b', 'c'], { relay: true })
    const [a, b, c] = [at(peers, first), at(peers, second), at(peers, third)]
    c.node.setBootstrap([...a.node.addresses(), ...b.node.addresses()])
    await waitFor(() => expect(c.node.linked(a.peerId)).toBe(true))
    a.files.finder.joinChannel('lab')
    b.files.finder.joinChannel('lab')
    await waitFor(() =>
      expect(a.files.finder.listChannels()).toMatchObject([{ name: 'lab', joined: true, members: 2 }]),
    )
    const bytes = randomBytes(2_000)
    const cid = await shareOn(a, 'lab', bytes)

    await waitFor(() => expect(b.files.shares.get(cid)).toMatchObject({ channel: 'lab' }))
    expect(b.files.finder.listChannels()).toEqual([{ name: 'lab', joined: true, members: 2, files: 1 }])
    expect(await b.files.finder.find(cid, { channel: 'lab' })).toMatchObject({ providers: [{ peer: a.peerId }] })
    expect(await readAll(b, cid)).toEqual(bytes)

    await waitFor(() =>
      expect(c.files.finder.listChannels()).toEqual([{ name: 'lab', joined: false, members: 2, files: 1 }]),
    )
    expect(c.files.shares.all()).toEqual([])
    expect(c.files.shares.get(cid)).toBeUndefined()
    expect(await c.files.finder.find(`sha1://${hash('sha1', bytes)}`)).toMatchObject({ cid: null })
    expect(await c.files.finder.find(cid)).toMatchObject({
      cid,
      name: null,
      sizeBytes: null,
      local: false,
      providers: [],
    })
    await expect(readAll(c, cid)).rejects.toThrow(/on the file channel "lab" alone, which this peer has not joined/)
    expect(a.counters.get('files.refused:not-for-them') + b.counters.get('files.refused:not-for-them')).toBeGreaterThan(
      0,
    )

    c.files.finder.joinChannel('lab')
    await waitFor(() => expect(a.files.finder.listChannels()).toMatchObject([{ members: 3 }]))
    expect(c.files.shares.get(cid)).toMatchObject({ channel: 'lab' })
    expect(await readAll(c, cid)).toEqual(bytes)
  })

  it('what is shared with all as well is for all', async () => {
    const [a, b] = await pair()
    const bytes = randomBytes(2_000)
    a.files.finder.joinChannel('lab')
    const cid = await shareOn(a, 'lab', bytes)
    expect(b.files.shares.get(cid)).toBeUndefined()
    await shared(a, 'open.bag', bytes)
    await waitFor(() => expect(b.files.shares.get(cid)).toBeDefined())
    expect(await readAll(b, cid)).toEqual(bytes)
  })

  it('what was on a channel and with all is remembered as for all', async () => {
    const [a, b] = await pair()
    a.files.finder.joinChannel('lab')
    const bytes = randomBytes(2_000)
    const cid = await shareOn(a, 'lab', bytes)
    await shared(a, 'open.bag', bytes)
    await waitFor(() => expect(b.files.shares.get(cid)).toBeDefined())
    await ended(b, b.files.fetching.fetch(cid, { to: 'store' }))
    await waitFor(() => expect(b.files.shares.get(cid)?.copies).toHaveLength(2))
    await b.restartFiles()
    const { held } = JSON.parse(await readFile(join(b.home, 'files.json'), 'utf8'))
    expect(held[cid]).toMatchObject({ copy: true, said: { name: 'scoped.bag', channel: null } })
  })

  it('what is read again, and of which no record is left, stays on its channel', async () => {
    const [a] = await pair()
    a.files.finder.joinChannel('lab')
    const cid = await shareOn(a, 'lab', randomBytes(2_000))
    const records = a.book.live('files', { key: cid })
    const ids = records.map(({ record }) => record.id)
    a.book.attestAll(ids, 'dismiss')
    await waitFor(() => expect(a.files.shares.get(cid)).toBeUndefined())
    a.files.sharing.addAgain([cid])
    await waitFor(() => expect(a.files.shares.get(cid)).toMatchObject({ channel: 'lab', own: true }))
  })

  it('leaving takes its files off the list, and says so to whoever looks on', async () => {
    const [a, b] = await pair()
    b.files.finder.joinChannel('lab')
    const cid = await shareOn(a, 'lab', randomBytes(100))
    await waitFor(() => expect(b.files.shares.get(cid)).toBeDefined())
    const told: Cid[] = []
    b.files.events.on('shares:changed', ({ cids }) => told.push(...cids))
    b.files.finder.leaveChannel('lab')
    expect(told).toContain(cid)
    expect(b.files.shares.get(cid)).toBeUndefined()
  })
})

/** Shares on a channel, as a record says it. */
async function shareOn(peer: FilePeer, channel: string, bytes: Uint8Array): Promise<Cid> {
  const view = await peer.files.sharing.shareStream('scoped.bag', stream(bytes), { sizeBytes: bytes.length, channel })
  expect(view.error).toBeNull()
  if (view.cid === null) throw new Error('no CID')
  return view.cid
}
