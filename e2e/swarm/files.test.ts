import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ShareView, TransferView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

/** A bag of a long drive. */
const sizeBytes = 2 * 1024 ** 3
/** A whole peer, at its highest, whatever the size of the file. */
const mostMemoryBytes = 500e6

const folder = scratch()
const origin = new Daemon(folder.path, 'origin')
const reader = new Daemon(folder.path, 'reader')

beforeAll(async () => {
  await origin.start()
  await reader.start({ join: await origin.invite() })
})

afterAll(async () => {
  await Promise.all([origin.stop(), reader.stop()])
  folder.remove()
})

/** A file of random bytes, the same for the same seed, written as fast as the disk takes it; tells its hash. */
async function writeSeeded(path: string, bytes: number, seed: string): Promise<string> {
  const key = createHash('sha256').update(seed).digest()
  const random = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const hash = createHash('sha256')
  const zeros = Buffer.alloc(4 * 1024 ** 2)
  const file = await open(path, 'wx')
  for (let at = 0; at < bytes; at += zeros.length) {
    const chunk = random.update(zeros.subarray(0, Math.min(zeros.length, bytes - at)))
    hash.update(chunk)
    await file.write(chunk)
  }
  await file.close()
  return hash.digest('hex')
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 ** 2 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The most memory that a process has had, as Linux counts it. */
function mostMemory(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) * 1024
}

async function shareNamed(daemon: Daemon, name: string): Promise<ShareView> {
  return vi.waitFor(
    async () => {
      const share = (await daemon.files()).find((one) => one.name === name)
      if (share === undefined) throw new Error(`${name} is not shared yet`)
      return share
    },
    { timeout: 90_000, interval: 250 },
  )
}

async function fetched(daemon: Daemon, cid: string): Promise<TransferView> {
  const answer = await daemon.call(`/files/${cid}/fetch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: 'downloads' }),
  })
  expect(answer.status).toBe(200)
  const { id } = (await answer.json()) as TransferView
  return vi.waitFor(
    async () => {
      const view = await daemon.json<TransferView>(`/transfers/${id}`)
      if (view.endedAtMs === null) throw new Error(`${view.state}: ${view.step}, ${view.doneBytes} bytes`)
      return view
    },
    { timeout: 180_000, interval: 500 },
  )
}

it.runIf(process.platform === 'linux')(
  'a 2 GB file is added and fetched, byte for byte, with the memory of both peers under 500 MB',
  async () => {
    const before = [mostMemory(origin.pid), mostMemory(reader.pid)]
    // Moved in when it is whole: what is measured is the sharing, not the writing.
    const outside = join(folder.path, 'drive.bag')
    const hash = await writeSeeded(outside, sizeBytes, 'drive')
    const movedAtMs = Date.now()
    await rename(outside, join(origin.share, 'drive.bag'))
    const share = await shareNamed(reader, 'drive.bag')
    const sharedAtMs = Date.now()
    expect(share.sizeBytes).toBe(sizeBytes)

    const view = await fetched(reader, share.cid)
    if (view.state !== 'done') console.log(reader.log)
    expect(view).toMatchObject({ state: 'done', error: null, doneBytes: sizeBytes })
    expect((await stat(view.path ?? '')).size).toBe(sizeBytes)
    expect(await hashOf(view.path ?? '')).toBe(hash)

    const most = [mostMemory(origin.pid), mostMemory(reader.pid)]
    const seconds = [sharedAtMs - movedAtMs, (view.endedAtMs ?? 0) - view.startedAtMs].map((ms) =>
      (ms / 1_000).toFixed(1),
    )
    const mb = [...before, ...most].map((bytes) => Math.round(bytes / 1e6))
    console.log(
      `shared after ${seconds[0]} s, fetched in ${seconds[1]} s; memory before and at most, MB: ${mb.join(', ')}`,
    )
    for (const bytes of most) expect(bytes).toBeLessThan(mostMemoryBytes)
  },
  400_000,
)

it('a fetch that kill -9 interrupts goes on after the restart, without what it had', async () => {
  const bytes = randomBytes(64 * 1024 ** 2)
  const upload = await origin.call('/files/upload?name=killed.bin', { method: 'PUT', body: bytes })
  expect(upload.status).toBe(200)
  const { cid } = await shareNamed(reader, 'killed.bin')
  await reader.call(`/files/${cid}/fetch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: 'downloads' }),
  })
  await vi.waitFor(
    async () => {
      const view = (await reader.json<TransferView[]>('/transfers')).find((one) => one.cid === cid)
      if ((view?.doneBytes ?? 0) < 8 * 1024 ** 2) throw new Error('not far enough yet')
    },
    { timeout: 30_000, interval: 20 },
  )
  // Its place in the queue is saved within a tenth of a second.
  await vi.waitFor(() => expect(readFileSync(join(reader.home, 'fetches.json'), 'utf8')).toContain(cid), {
    timeout: 10_000,
    interval: 20,
  })
  await reader.stop('SIGKILL')
  await reader.start()
  const path = join(reader.downloads, 'killed.bin')
  await vi.waitFor(() => stat(path), { timeout: 60_000, interval: 100 })
  expect(await hashOf(path)).toBe(createHash('sha256').update(bytes).digest('hex'))
  await vi.waitFor(async () => expect((await reader.files()).find((one) => one.cid === cid)?.local).toBe(true))
})
