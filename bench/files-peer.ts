import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { CID } from 'multiformats/cid'
import { systemClock } from '../src/main/base/clock.ts'
import { Counters } from '../src/main/base/counters.ts'
import type { Libp2p as SwarmLibp2p } from '../src/main/net/swarm-node.ts'
import { FileBandwidth } from '../src/main/service/files/bandwidth.ts'
import { HeliaStore } from '../src/main/service/files/helia-store.ts'
import { ShareBytes } from '../src/main/service/files/share-bytes.ts'
import { PartFile } from '../src/main/service/files/write-file.ts'
import type { Cid, PeerId } from '../src/shared/ids.ts'

/** One side of the bench of files; `bench/files.ts` runs it twice, as the one that adds and the one that fetches. */
export interface FilesOrder {
  readonly kind: 'dt-swarm' | 'helia' | 'helia in memory' | 'stream'
  /** The file to add; null for the one that fetches. */
  readonly path: string | null
  readonly sizeBytes: number
  readonly from: { readonly address: string; readonly cid: string } | null
  /** Addresses of further peers that have it; of ours alone. */
  readonly more?: readonly string[]
  /** What this side sends at most; of ours alone. Default: no limit. */
  readonly upBytesPerS?: number
}

export interface FilesResult {
  readonly address: string
  readonly cid: string
  readonly ms: number
  /** Event loop delay while it was added or fetched. */
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  /** The most memory that this process has had. */
  readonly peakBytes: number
}

interface Side {
  add(path: string): Promise<string>
  fetch(cid: string, from: readonly PeerId[], to: string): Promise<void>
  stop(): Promise<void>
}

const { signal } = new AbortController()
const rawProtocol = '/bench/raw/1'

const startLibp2p = async (): Promise<SwarmLibp2p> => {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  return libp2p as unknown as SwarmLibp2p
}

async function ours(libp2p: SwarmLibp2p, dir: string, order: FilesOrder): Promise<Side> {
  const limits = { bandwidth: { downBytesPerS: null, upBytesPerS: order.upBytesPerS ?? null }, hours: [] }
  const bandwidth = new FileBandwidth({ clock: systemClock }, limits)
  const store = new HeliaStore(
    { libp2p: () => libp2p, bandwidth, clock: systemClock, random: Math.random, counters: new Counters() },
    { blocksDir: join(dir, 'blocks') },
  )
  await store.start()
  return {
    async add(path) {
      const { cid, release } = await store.add(new ShareBytes({ path }, { signal }), { signal })
      release()
      return cid
    },
    async fetch(cid, from, to) {
      const part = await PartFile.create(to)
      const source = { candidates: () => from }
      for await (const bytes of store.read(cid as Cid, { signal, from: source })) await part.write(bytes)
      await part.sync()
    },
    stop: () => store.stop(),
  }
}

/** Helia, as its documentation shows it, but for what would leave this machine. */
async function theirs(libp2p: Libp2p, dir: string, order: FilesOrder): Promise<Side> {
  const [{ createHeliaLight }, { withBitswap }, { unixfs }, { FsBlockstore }, { MemoryBlockstore }] = await Promise.all(
    [
      import('helia'),
      import('@helia/bitswap'),
      import('@helia/unixfs'),
      import('blockstore-fs'),
      import('blockstore-core'),
    ],
  )
  const blockstore = order.kind === 'helia' ? new FsBlockstore(join(dir, 'blocks')) : new MemoryBlockstore()
  const helia = createHeliaLight({ blockstore })
  const withNode = Object.assign(helia, { libp2p })
  withBitswap(withNode as unknown as Parameters<typeof withBitswap>[0])
  await helia.start()
  const fs = unixfs(helia)
  return {
    async add(path) {
      return (await fs.addByteStream(createReadStream(path, { highWaterMark: 1024 ** 2 }))).toString()
    },
    async fetch(cid, _, to) {
      const file = await open(to, 'w')
      for await (const bytes of fs.cat(CID.parse(cid))) await file.write(bytes)
      await file.sync()
      await file.close()
    },
    stop: async () => {
      await helia.stop()
    },
  }
}

/** The bytes of the file over one stream, into a file: no blocks, no hashes. */
async function raw(libp2p: Libp2p): Promise<Side> {
  let shared = ''
  await libp2p.handle(rawProtocol, async (stream: Stream) => {
    for await (const chunk of createReadStream(shared, { highWaterMark: 256 * 1024 })) {
      if (!stream.send(chunk as Uint8Array)) await stream.onDrain()
    }
    await stream.close()
  })
  return {
    async add(path) {
      shared = path
      return 'none'
    },
    async fetch(_, from, to) {
      const stream = await libp2p.dialProtocol(peerIdFromString(from[0] ?? ''), rawProtocol)
      const file = await open(to, 'w')
      for await (const chunk of stream) await file.write('subarray' in chunk ? chunk.subarray() : chunk)
      await file.sync()
      await file.close()
    },
    stop: async () => {},
  }
}

async function run(order: FilesOrder): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-bench-'))
  const libp2p = await startLibp2p()
  const side = await { 'dt-swarm': ours, helia: theirs, 'helia in memory': theirs, stream: raw }[order.kind](
    libp2p,
    dir,
    order,
  )
  const from = order.from === null ? null : multiaddr(order.from.address)
  const addresses = [...(from === null ? [] : [from]), ...(order.more ?? []).map((address) => multiaddr(address))]
  const peers: PeerId[] = []
  for (const address of addresses) peers.push((await libp2p.dial(address)).remotePeer.toString() as PeerId)
  // The protocols that a new link speaks are learnt a moment after it is there.
  await new Promise((resolve) => setTimeout(resolve, 500))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const startedMs = performance.now()
  const to = join(dir, 'fetched')
  const cid = order.path === null ? '' : await side.add(order.path)
  if (from !== null) await side.fetch(order.from?.cid ?? '', peers, to)
  const ms = performance.now() - startedMs
  delay.disable()
  const facts = readFileSync('/proc/self/status', 'utf8')
  const result: FilesResult = {
    address: libp2p.getMultiaddrs()[0]?.toString() ?? '',
    cid,
    ms,
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    peakBytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(facts)?.[1]) * 1024,
  }
  process.send?.({ ...result, path: from === null ? null : to })
  return async () => {
    await side.stop()
    await libp2p.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

const stopped = new Promise<void>((resolve) => process.once('disconnect', resolve))
process.once('message', (order) => {
  void run(order as FilesOrder)
    .then(async (stop) => {
      await stopped
      await stop()
    })
    .then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
})
