import { createHash, randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { skipFor } from '../../scripts/required.ts'
import { defaultFileSettings } from '../../src/shared/file-views.ts'
import type { ShareView, TransferView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'
import { OneLan } from './fixtures/one-lan.ts'

/** Leaf blocks; and what a fetch has under way at most: so much may come twice for each time that it is cut. */
const leafBytes = 256 * 1024
const underWay = 24
const sizeBytes = 96 * 1024 ** 2
const blocks = sizeBytes / leafBytes

const folder = scratch()
const lan = new OneLan(3)
let unable: string | null = null
const daemons: Daemon[] = []

beforeAll(() => {
  unable = skipFor('namespaces', lan.make())
})
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop('SIGKILL')
})
afterAll(() => {
  lan.remove()
  folder.remove()
})

/** A file of the origin, and a reader that fetches it at 12 MB/s: eight seconds in which things happen to it. */
async function world(name: string, where?: (no: number) => Parameters<Daemon['start']>[0]) {
  const [origin, reader] = [new Daemon(folder.path, `${name}-origin`), new Daemon(folder.path, `${name}-reader`)]
  daemons.push(origin, reader)
  await origin.start(where?.(1))
  await reader.start({ ...where?.(2), join: await origin.invite() })
  await reader.admitted()
  const bytes = randomBytes(sizeBytes)
  const hash = createHash('sha256').update(bytes).digest('hex')
  await upload(origin, bytes)
  const { cid } = await shareOf(reader)
  return { origin, reader, cid, hash }
}

async function upload(origin: Daemon, bytes: Buffer): Promise<void> {
  const answer = await origin.call('/files/upload?name=cut.bin', { method: 'PUT', body: new Uint8Array(bytes) })
  expect(answer.status).toBe(200)
}

const shareOf = (daemon: Daemon): Promise<ShareView> =>
  vi.waitFor(
    async () => {
      const share = (await daemon.files()).find(({ name }) => name === 'cut.bin')
      if (share === undefined) throw new Error('it is not shared yet')
      return share
    },
    { timeout: 30_000, interval: 100 },
  )

async function limit(daemon: Daemon, downBytesPerS: number): Promise<void> {
  const files = { ...defaultFileSettings, bandwidth: { downBytesPerS, upBytesPerS: null } }
  const answer = await daemon.call('/settings', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files }),
  })
  expect(answer.status).toBe(200)
}

const begin = (reader: Daemon, cid: string): Promise<TransferView> =>
  reader.post<TransferView>(`/files/${cid}/fetch`, { to: 'downloads' })

async function progress(reader: Daemon, cid: string): Promise<TransferView> {
  const view = (await reader.json<TransferView[]>('/transfers')).findLast((one) => one.cid === cid)
  if (view === undefined) throw new Error('no such transfer')
  return view
}

const past = (reader: Daemon, cid: string, bytes: number): Promise<void> =>
  vi.waitFor(
    async () => {
      const view = await progress(reader, cid)
      if (view.doneBytes < bytes) throw new Error(`${view.state}: ${view.step}; ${view.doneBytes} bytes`)
    },
    { timeout: 60_000, interval: 50 },
  )

async function whole(reader: Daemon, hash: string): Promise<void> {
  const path = join(reader.downloads, 'cut.bin')
  await vi.waitFor(() => stat(path), { timeout: 120_000, interval: 200 }).catch(() => console.log(reader.log))
  expect(
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  ).toBe(hash)
}

it('the fetching peer is killed again and again: the file is whole, and no block comes twice but those under way', async () => {
  const { origin, reader, cid, hash } = await world('reader-killed')
  await limit(reader, 12e6)
  await begin(reader, cid)
  const kills = 4
  for (let n = 1; n <= kills; n += 1) {
    await past(reader, cid, (n * sizeBytes) / (kills + 2))
    // Its place in the queue is saved within a tenth of a second.
    await setTimeout(200 + Math.random() * 300)
    await reader.stop('SIGKILL')
    await reader.start()
  }
  await whole(reader, hash)
  const { 'files.block:sent': sent = 0 } = await origin.counters()
  console.log(`${sent} blocks were sent of a file of ${blocks + 3}; ${kills} kills`)
  expect(sent).toBeGreaterThanOrEqual(blocks)
  expect(sent).toBeLessThanOrEqual(blocks + 3 + kills * underWay)
})

it('the provider is killed again and again: the fetch goes on by itself when it is back', async () => {
  const { origin, reader, cid, hash } = await world('origin-killed')
  await limit(reader, 12e6)
  await begin(reader, cid)
  const kills = 3
  const address = origin.address
  for (let n = 1; n <= kills; n += 1) {
    await past(reader, cid, (n * sizeBytes) / (kills + 1))
    await origin.stop('SIGKILL')
    await setTimeout(500)
    await origin.start({ listen: address.replace(/\/p2p\/.*$/, '') })
  }
  await whole(reader, hash)
  const { 'files.block:came-bytes': came = 0 } = await reader.counters()
  console.log(`${(came / 1e6).toFixed(1)} MB came of a file of ${(sizeBytes / 1e6).toFixed(1)} MB; ${kills} kills`)
  expect(came).toBeLessThanOrEqual(sizeBytes + 100_000 + kills * underWay * leafBytes)
})

it('the network is cut again and again, shortly and for long: the file is whole', async (context) => {
  if (unable !== null) return context.skip(unable)
  const { origin, reader, cid, hash } = await world('network-cut', (no) => ({
    listen: `/ip4/${lan.address(no)}/tcp/4040`,
    web: `${lan.address(no)}:4180`,
    within: lan.within(no),
  }))
  await limit(reader, 12e6)
  await begin(reader, cid)
  const cutsMs = [1_500, 200, 35_000]
  for (const [n, ms] of cutsMs.entries()) {
    await past(reader, cid, ((n + 1) * sizeBytes) / (cutsMs.length + 1))
    lan.plug(1, 'down')
    await setTimeout(ms)
    lan.plug(1, 'up')
  }
  await whole(reader, hash)
  const { 'files.block:came-bytes': came = 0 } = await reader.counters()
  const { 'files.block:sent': sent = 0 } = await origin.counters()
  console.log(`${(came / 1e6).toFixed(1)} MB came of a file of ${(sizeBytes / 1e6).toFixed(1)} MB; ${sent} blocks sent`)
  expect(came).toBeLessThanOrEqual(sizeBytes + 100_000 + cutsMs.length * underWay * leafBytes)
})

it('of two providers one is killed: the fetch goes on with the other, without a pause', async () => {
  const { origin, reader, cid, hash } = await world('one-of-two')
  const second = new Daemon(folder.path, 'one-of-two-second')
  daemons.push(second)
  await second.start({ join: await origin.invite() })
  await second.admitted()
  await shareOf(second)
  await begin(second, cid)
  await vi.waitFor(async () => expect((await shareOf(reader)).copies).toHaveLength(2), { timeout: 60_000 })
  await limit(reader, 12e6)
  await begin(reader, cid)
  await past(reader, cid, sizeBytes / 3)
  await origin.stop('SIGKILL')
  await whole(reader, hash)
  const view = await progress(reader, cid)
  expect(view).toMatchObject({ state: 'done', doneBytes: sizeBytes })
  expect(view.from.length).toBeGreaterThan(0)
  const { 'files.block:came-bytes': came = 0 } = await reader.counters()
  expect(came).toBeLessThanOrEqual(sizeBytes + 100_000 + underWay * leafBytes)
})
