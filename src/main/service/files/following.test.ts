import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { afterEach, expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { maxFetches, type QueuedFetch } from './fetch-queue.ts'
import type { FetchOptions } from './fetcher.ts'
import { Following } from './following.ts'

const homes: string[] = []
afterEach(async () => {
  await Promise.all(homes.splice(0).map((home) => rm(home, { recursive: true, force: true })))
})

const minuteMs = 60_000
const cidOf = (n: number): Cid => CID.createV1(0x55, create(0x12, Buffer.alloc(32, n))).toString() as Cid
const shareOf = (n: number): ShareView => ({
  cid: cidOf(n),
  name: `drive ${n}.bag`,
  sizeBytes: 1,
  mediaType: 'application/octet-stream',
  origin: 'a' as PeerId,
  originName: 'a',
  simulated: false,
  modifiedAtMs: 0,
  sharedAtMs: 0,
  copies: [],
  safety: { copies: 1, aliveCopies: 1, risk: 'low', why: '' },
  local: false,
  kept: false,
  own: false,
  sha1: null,
  channel: null,
  log: null,
})

/** A follow of all drives, with a queue that the test empties. */
async function followed(init: { readonly room?: number; readonly queued?: readonly QueuedFetch[] } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'dt-swarm-following-'))
  homes.push(home)
  const clock = new FakeClock()
  const shares = new Map<Cid, ShareView>()
  const queue = new Map<Cid, QueuedFetch>((init.queued ?? []).map((one) => [one.cid, one]))
  const asked: { readonly cid: Cid; readonly options: FetchOptions }[] = []
  const run = new AbortController()
  const following = new Following(
    {
      clock,
      counters: new Counters(),
      log: silentLog,
      signal: () => run.signal,
      share: (cid) => shares.get(cid),
      listed: () => [...shares.values()],
      queue: {
        get: (cid) => queue.get(cid),
        get full() {
          return queue.size >= (init.room ?? maxFetches)
        },
      },
      fetch: (cid, options) => {
        asked.push({ cid, options })
        queue.set(cid, {
          cid,
          to: options.to,
          priority: 'low',
          paused: false,
          group: options.group ?? null,
          patient: true,
        })
      },
    },
    { path: join(home, 'follows.json') },
  )
  following.load()
  following.start()
  const { id } = following.add({ search: 'drive' })
  const hear = (...numbers: number[]): void => {
    for (const n of numbers) shares.set(cidOf(n), shareOf(n))
    following.heard(numbers.map(cidOf))
  }
  const end = (n: number, state: TransferView['state']): void => {
    const group = queue.get(cidOf(n))?.group ?? null
    queue.delete(cidOf(n))
    const share = shares.get(cidOf(n))
    if (state === 'done' && share !== undefined) shares.set(cidOf(n), { ...share, local: true })
    following.ended({ cid: cidOf(n), state, group })
  }
  return { clock, shares, queue, following, id, run, hear, end, asked, names: () => asked.map(({ cid }) => cid) }
}

it('what does not fit in the queue is fetched when it has room again', async () => {
  const { clock, hear, end, names } = await followed({ room: 2 })
  hear(1, 2, 3, 4)
  await clock.advance(1_000)
  expect(names()).toEqual([cidOf(1), cidOf(2)])
  end(1, 'done')
  end(2, 'done')
  await clock.advance(10_000)
  expect(names()).toEqual([1, 2, 3, 4].map(cidOf))
})

it('a fetch that failed is tried again after a while, each time that it fails', async () => {
  const { clock, following, hear, end, names } = await followed()
  hear(1)
  await clock.advance(1_000)
  end(1, 'failed')
  hear(1)
  await clock.advance(minuteMs)
  expect(names()).toHaveLength(1)
  expect(following.all()).toMatchObject([{ fetched: 0 }])
  for (const times of [2, 3]) {
    await clock.advance(15 * minuteMs)
    expect(names()).toHaveLength(times)
    end(1, 'failed')
  }
  await clock.advance(15 * minuteMs)
  end(1, 'done')
  expect(following.all()).toMatchObject([{ fetched: 1 }])
  await clock.advance(60 * minuteMs)
  expect(names()).toHaveLength(4)
})

it('looking for what did not fit does not try the failed ones before their time, nor forget them', async () => {
  const { clock, hear, end, names } = await followed({ room: 2 })
  hear(1, 2, 3)
  await clock.advance(1_000)
  end(1, 'failed')
  await clock.advance(10_000)
  expect(names()).toEqual([1, 2, 3].map(cidOf))
  end(2, 'done')
  end(3, 'done')
  await clock.advance(14 * minuteMs)
  expect(names()).toHaveLength(3)
  await clock.advance(minuteMs)
  expect(names()).toEqual([1, 2, 3, 1].map(cidOf))
})

it('what a person called off, or removed once it was here, is not begun again; what the stop of the peer ended is', async () => {
  const { clock, shares, following, run, hear, end, names } = await followed()
  hear(1, 2, 3)
  await clock.advance(1_000)
  end(1, 'cancelled')
  end(2, 'done')
  shares.set(cidOf(2), shareOf(2))
  hear(1, 2)
  await clock.advance(60 * minuteMs)
  expect(names()).toEqual([1, 2, 3].map(cidOf))
  run.abort()
  end(3, 'cancelled')
  following.stop()
  following.load()
  following.start()
  expect(names()).toEqual([1, 2, 3, 3].map(cidOf))
  expect(following.all()).toMatchObject([{ fetched: 1 }])
})

it('news that come while others are looked at are looked at next', async () => {
  const { clock, hear, names } = await followed()
  hear(1)
  // In the very turn in which the first are looked at.
  void clock.sleep(250).then(() => hear(2))
  await clock.advance(250)
  await clock.advance(250)
  expect(names()).toEqual([cidOf(1), cidOf(2)])
})

it('what is on its way for somebody else is written out for the follow too, asked for once and no less urgent', async () => {
  const other = { to: 'store', priority: 'high', group: null, patient: true } as const
  const { clock, id, following, hear, end, asked } = await followed({
    queued: [
      { cid: cidOf(1), paused: false, ...other },
      { cid: cidOf(2), paused: true, ...other },
    ],
  })
  hear(1, 2)
  await clock.advance(1_000)
  hear(1, 2)
  await clock.advance(1_000)
  expect(asked).toEqual([{ cid: cidOf(1), options: { to: 'downloads' } }])
  end(1, 'done')
  expect(following.all()).toMatchObject([{ id, fetched: 1 }])
})
