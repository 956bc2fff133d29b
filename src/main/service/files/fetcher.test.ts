import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { afterEach, expect, it, vi } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { FetchQueue } from './fetch-queue.ts'
import { Fetcher, type FetcherDeps, type FetcherInit } from './fetcher.ts'
import { NoProviderError } from './provider-pool.ts'
import { TransferList } from './transfer-list.ts'

const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' as Cid
const full = new SwarmError('DISK_FULL', 'The disk is full.')
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A fetcher whose store and room the test lends. */
async function fetching(deps: Pick<FetcherDeps, 'store' | 'makeRoom'>, init: FetcherInit = {}) {
  const home = await mkdtemp(join(tmpdir(), 'dt-swarm-fetcher-'))
  const run = new AbortController()
  const basics = { clock: systemClock, counters: new Counters(), log: silentLog, signal: () => run.signal }
  const transfers = new TransferList({ clock: systemClock, changed: () => {}, forgot: () => {} })
  const queue = new FetchQueue(basics, { path: join(home, 'fetches.json') })
  const fetcher = new Fetcher(
    {
      ...basics,
      ...deps,
      transfers,
      queue,
      peerId: 'p' as PeerId,
      shares: { facts: () => undefined },
      holders: {
        nameOf: () => 'a',
        linked: () => [],
        isHeld: () => true,
        isHopeful: () => false,
        connect: async () => {},
        source: () => ({ candidates: () => [] }),
        explain: () => 'nobody has it',
      },
      downloadDir: () => home,
      came: () => {},
      released: () => {},
      finished: () => {},
      forgetFailures: () => {},
    },
    init,
  )
  const stop = async (): Promise<void> => {
    run.abort(new DOMException('stop', 'AbortError'))
    await fetcher.stopped()
  }
  ends.push(stop, () => rm(home, { recursive: true, force: true }))
  return { fetcher, transfers, queue, stop, state: (id: string) => transfers.view(id)?.state }
}

/** Hears the abort only when told: as a disk that is being waited for. */
function slowStore() {
  const released = Promise.withResolvers<void>()
  return {
    release: released.resolve,
    store: {
      sizeBytes: async (): Promise<number> => {
        await released.promise
        throw new DOMException('no longer', 'AbortError')
      },
      read: async function* (): AsyncGenerator<Uint8Array> {},
    },
  }
}

it('a fetch that is held and called off before its bytes stop ends as cancelled', async () => {
  const { store, release } = slowStore()
  const { fetcher, transfers, queue, state } = await fetching({ store, makeRoom: async () => {} })
  const { id } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(state(id)).toBe('running'))
  transfers.pause(id)
  transfers.cancel(id)
  release()
  await vi.waitFor(() => expect(state(id)).toBe('cancelled'))
  expect(queue.has(cid)).toBe(false)
})

it('a fetch that is called off just when it comes to rest does not stay held', async () => {
  const { store, release } = slowStore()
  const { fetcher, transfers, queue, state } = await fetching({ store, makeRoom: async () => {} })
  const { id } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(state(id)).toBe('running'))
  transfers.pause(id)
  release()
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
  transfers.cancel(id)
  await vi.waitFor(() => expect(state(id)).toBe('cancelled'))
  expect(queue.has(cid)).toBe(false)
})

it('a fetch that waits for room can be held and called off', async () => {
  const { fetcher, transfers, state } = await fetching({
    store: { sizeBytes: async () => 10, read: async function* (): AsyncGenerator<Uint8Array> {} },
    makeRoom: () => new Promise(() => {}),
  })
  const { id } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(transfers.view(id)?.sizeBytes).toBe(10))
  transfers.pause(id)
  await vi.waitFor(() => expect(state(id)).toBe('paused'))
  transfers.resume(id)
  await vi.waitFor(() => expect(state(id)).toBe('running'))
  transfers.cancel(id)
  await vi.waitFor(() => expect(state(id)).toBe('cancelled'))
})

it('a failed fetch that is tried again is the one that another asking means, and the stop waits for it', async () => {
  let isFull = true
  const stopped: string[] = []
  const { fetcher, transfers, queue, stop, state } = await fetching({
    store: {
      sizeBytes: async (_, { signal }) => {
        if (isFull) throw full
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            setTimeout(() => {
              stopped.push('the store')
              reject(signal.reason as Error)
            }, 50)
          })
        })
      },
      read: async function* (): AsyncGenerator<Uint8Array> {},
    },
    makeRoom: async () => {},
  })
  const { id } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(state(id)).toBe('failed'))
  expect(queue.has(cid)).toBe(false)
  isFull = false
  transfers.resume(id)
  expect(fetcher.wanted()).toEqual([cid])
  expect(fetcher.fetch(cid, { to: 'store' }).id).toBe(id)
  expect(queue.all()).toHaveLength(1)
  await vi.waitFor(() => expect(state(id)).toBe('running'))
  await stop()
  expect(stopped).toEqual(['the store'])
})

it('an old failure is not tried again beside the fetch that took its place', async () => {
  let isFull = true
  const { fetcher, transfers, queue, state } = await fetching({
    store: {
      sizeBytes: (_, { signal }) =>
        isFull
          ? Promise.reject(full)
          : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      read: async function* (): AsyncGenerator<Uint8Array> {},
    },
    makeRoom: async () => {},
  })
  const { id: first } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(state(first)).toBe('failed'))
  isFull = false
  const { id: second } = fetcher.fetch(cid, { to: 'store' })
  expect(second).not.toBe(first)
  expect(() => transfers.resume(first)).toThrow('is being fetched already')
  expect(state(first)).toBe('failed')
  transfers.cancel(second)
  await vi.waitFor(() => expect(state(second)).toBe('cancelled'))
  transfers.resume(first)
  await vi.waitFor(() => expect(state(first)).toBe('running'))
  expect(queue.has(cid)).toBe(true)
})

it('one that waited for a holder in vain goes to the place where it is wanted next', async () => {
  const hidden = new NoProviderError(CID.parse(cid), [])
  let isThere = false
  const { fetcher, transfers, queue, state } = await fetching(
    {
      store: {
        sizeBytes: async () => {
          if (!isThere) throw hidden
          return 3
        },
        read: async function* (): AsyncGenerator<Uint8Array> {
          yield Uint8Array.of(1, 2, 3)
        },
      },
      makeRoom: async () => {},
    },
    { patienceMs: 0 },
  )
  const { id } = fetcher.fetch(cid, { to: 'store' })
  await vi.waitFor(() => expect(state(id)).toBe('failed'))
  isThere = true
  expect(fetcher.fetch(cid, { to: 'downloads' }).id).toBe(id)
  expect(queue.get(cid)?.to).toBe('downloads')
  await vi.waitFor(() => expect(state(id)).toBe('done'))
  expect(transfers.view(id)?.path).toContain(cid)
})

it('one of many waits for those who are said to have it, unless it is for the background; until a person wants it too', async () => {
  const hidden = new NoProviderError(CID.parse(cid), [])
  const { fetcher, queue, state } = await fetching(
    {
      store: {
        sizeBytes: () => Promise.reject(hidden),
        read: async function* (): AsyncGenerator<Uint8Array> {},
      },
      makeRoom: async () => {},
    },
    { patienceMs: 0 },
  )
  const group = { id: 'g', name: 'Archive' }
  const { id } = fetcher.fetch(cid, { to: 'store', group, patient: false })
  expect(fetcher.active(cid)?.id).toBe(id)
  await vi.waitFor(() => expect(state(id)).toBe('failed'))
  await vi.waitFor(() => expect(fetcher.active(cid)).toBeUndefined())
  expect(queue.get(cid)?.patient).toBe(false)
  fetcher.fetch(cid, { to: 'store', group: { id: 'r', name: 'Rescue' } })
  await vi.waitFor(() => expect(fetcher.active(cid)?.step).toBe('nobody has it'))
  expect(state(id)).toBe('waiting')
  expect(queue.get(cid)?.patient).toBe(true)
})

it('one that nobody gave goes to the place that it is asked for in now', async () => {
  const hidden = new NoProviderError(CID.parse(cid), [])
  let isGiven = false
  const { fetcher, queue, transfers, state } = await fetching(
    {
      store: {
        sizeBytes: () => (isGiven ? Promise.resolve(3) : Promise.reject(hidden)),
        read: async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from('yes')
        },
      },
      makeRoom: async () => {},
    },
    { patienceMs: 0 },
  )
  const home = await mkdtemp(join(tmpdir(), 'dt-swarm-fetcher-'))
  ends.push(() => rm(home, { recursive: true, force: true }))
  const [old, now] = [join(home, 'old.txt'), join(home, 'now.txt')]
  const { id } = fetcher.fetch(cid, { to: { path: old } })
  expect(fetcher.goesTo(cid)).toEqual({ path: old })
  await vi.waitFor(() => expect(state(id)).toBe('failed'))
  expect(fetcher.goesTo(cid)).toBeUndefined()
  isGiven = true
  expect(fetcher.fetch(cid, { to: { path: now } }).id).toBe(id)
  expect(queue.get(cid)?.to).toEqual({ path: now })
  await vi.waitFor(() => expect(transfers.view(id)).toMatchObject({ state: 'done', path: now }))
  expect(await readdir(home)).toEqual(['now.txt'])
})

it('what is fetched for the background is called off, unless somebody wants it or holds it', async () => {
  const hidden = new NoProviderError(CID.parse(cid), [])
  const { fetcher, transfers, queue, state } = await fetching({
    store: {
      sizeBytes: () => Promise.reject(hidden),
      read: async function* (): AsyncGenerator<Uint8Array> {},
    },
    makeRoom: async () => {},
  })
  const begin = () =>
    fetcher.fetch(cid, { to: 'store', priority: 'low', group: { id: 'g', name: 'g' }, patient: false })
  const wishes: readonly ((id: string) => unknown)[] = [
    () => fetcher.fetch(cid, { to: 'store' }),
    () => fetcher.claim(cid),
    (id) => transfers.setPriority(id, 'normal'),
    (id) => transfers.pause(id),
  ]
  for (const wish of wishes) {
    const { id } = begin()
    wish(id)
    expect(fetcher.callOff(cid)).toBe(false)
    transfers.cancel(id)
    await vi.waitFor(() => expect(queue.has(cid)).toBe(false))
  }
  const { id } = begin()
  expect(fetcher.callOff(cid)).toBe(true)
  expect(fetcher.callOff(cid)).toBe(false)
  await vi.waitFor(() => expect(state(id)).toBe('cancelled'))
  expect(queue.has(cid)).toBe(false)
})
