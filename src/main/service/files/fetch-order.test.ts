import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { FakeClock } from '../../base/clock.ts'
import { FetchOrder, type FetchOrderDeps } from './fetch-order.ts'
import { fetchOrderSchema, newFetchOrder, type FetchOrderState } from './fetch-order-state.ts'
import type { FetchTarget } from './fetch-queue.ts'
import { TransferList } from './transfer-list.ts'

const cids = ['bafka', 'bafkb', 'bafkc', 'bafkd'] as Cid[]
const [a, b, c, d] = cids as [Cid, Cid, Cid, Cid]
const sizeBytes = 10

/** Four files, of which two can wait at a time. `restart` has nothing but what would be in the file. */
function world(query: FetchOrderState['query'], to: FetchOrderState['to'] = 'downloads') {
  const local = new Set<Cid>()
  const gone = new Set<Cid>()
  /** On their way, and of which group. */
  const going = new Map<Cid, { readonly to: FetchTarget; readonly group: TransferView['group'] }>()
  const begun: { readonly cid: Cid; readonly to: FetchTarget }[] = []
  const kept: { state: FetchOrderState | null } = { state: null }
  const isWrittenOut = query.folder !== undefined && to !== 'store'
  const share = (cid: Cid): Pick<ShareView, 'local' | 'sizeBytes'> => ({ local: local.has(cid), sizeBytes })
  const deps = (): FetchOrderDeps => ({
    transfers: new TransferList({ clock: new FakeClock(), changed: () => {}, forgot: () => {} }),
    downloadDir: () => '/downloads',
    wanted: (asked) =>
      (asked.cids ?? cids)
        .filter((cid) => !gone.has(cid) && (isWrittenOut || !local.has(cid)))
        .map((cid) => ({ share: { cid, ...share(cid) } as ShareView, to: 'downloads' as const })),
    share,
    fetch: (cid, options) => {
      const known = going.get(cid)
      const group = known === undefined ? (options.group ?? null) : known.group
      going.set(cid, { to: options.to, group })
      begun.push({ cid, to: options.to })
      return { group }
    },
    goesTo: (cid) => going.get(cid)?.to,
    room: () => 2 - going.size,
    begun: (id) => [...going].flatMap(([cid, { group }]) => (group?.id === id ? cid : [])),
    changed: (state) => {
      kept.state = state
    },
  })
  const opened = (state: FetchOrderState): FetchOrder => {
    const one = deps()
    const order = new FetchOrder(one, state)
    order.open(one.wanted(state.query, state.to))
    order.fill()
    return order
  }
  const about = { id: randomUUID(), name: 'run', query, to, files: 4, sizeBytes: 4 * sizeBytes }
  const world = {
    local,
    gone,
    going,
    begun,
    kept,
    order: opened(newFetchOrder(about)),
    restart(): void {
      const { state } = world.order
      world.order.stop(new Error('the peer stops'))
      world.order = opened({ ...state })
    },
    end(cid: Cid, state: 'done' | 'failed' | 'cancelled'): void {
      going.delete(cid)
      if (state === 'done') local.add(cid)
      const error = state === 'failed' ? { code: 'DISK_FULL' as const, message: 'The disk is full.' } : null
      world.order.ended({ cid, state, error })
      world.order.fill()
    },
    view: (): TransferView => world.order.head.view,
  }
  return world
}

const origin = { origin: '12D3KooWrobot' as FetchOrderState['query']['origin'] }

it('what its robot deletes while it waits does not pass for fetched, of whatever query', () => {
  const one = world(origin)
  expect(one.begun.map(({ cid }) => cid)).toEqual([a, b])
  for (const cid of [c, d]) one.gone.add(cid)
  one.end(a, 'done')
  one.end(b, 'done')
  expect(one.view()).toMatchObject({ state: 'done', doneBytes: 2 * sizeBytes })
  expect(one.view().step).toMatch(/^2 of 4 files fetched; the others .*shared no more/)
  expect(one.kept.state).toBeNull()
})

it('what comes by another way while it waits is here, though the folder no longer names it as missing', () => {
  const one = world({ folder: 'run' }, 'store')
  for (const cid of [c, d]) one.local.add(cid)
  one.end(a, 'done')
  one.end(b, 'done')
  expect(one.view()).toMatchObject({ state: 'done', step: '4 files fetched', doneBytes: 4 * sizeBytes })
})

it('a file that is here is not in a folder on the disk for that', () => {
  const one = world({ folder: 'run' })
  one.local.add(c).add(d)
  one.gone.add(c)
  for (const cid of [a, b, d]) one.end(cid, 'done')
  expect(one.view().step).toMatch(/^3 of 4 files fetched; /)
})

it('what failed, was called off or went while the peer was away is told after a restart', () => {
  const one = world(origin)
  one.end(a, 'failed')
  one.end(b, 'cancelled')
  expect(one.begun.map(({ cid }) => cid)).toEqual([a, b, c, d])
  one.end(c, 'done')
  one.restart()
  expect(one.view()).toMatchObject({ state: 'running', step: '1 of 4 files fetched, 1 failed', doneBytes: sizeBytes })
  one.end(d, 'done')
  expect(one.view()).toMatchObject({ state: 'failed', error: { code: 'FETCH_FAILED' } })
  expect(one.view().error?.message).toMatch(/^1 of 4 files could not be fetched. Try it again/)

  // Which one it was is not known any more: all is looked for.
  one.gone.add(b)
  one.order.head.resume()
  expect(one.begun.slice(4)).toEqual([{ cid: a, to: 'downloads' }])
  one.end(a, 'done')
  expect(one.view()).toMatchObject({ state: 'done', doneBytes: 3 * sizeBytes })
  expect(one.view().step).toMatch(/^3 of 4 files fetched; /)
})

it('what is shared no more by the restart does not pass for fetched', () => {
  const one = world(origin)
  one.end(a, 'done')
  one.gone.add(d)
  one.restart()
  one.end(b, 'done')
  one.end(c, 'done')
  expect(one.view()).toMatchObject({ state: 'done', doneBytes: 3 * sizeBytes })
  expect(one.view().step).toMatch(/^3 of 4 files fetched; /)
})

it('what is on its way for somebody else is waited for after a restart as well', () => {
  const one = world(origin)
  one.going.set(c, { to: 'downloads', group: null })
  one.end(a, 'done')
  one.end(b, 'done')
  expect([...one.going.keys()]).toEqual([c, d])
  one.restart()
  one.end(d, 'done')
  expect(one.view()).toMatchObject({ state: 'running', step: '3 of 4 files fetched' })
  one.end(c, 'done')
  expect(one.view()).toMatchObject({ state: 'done', step: '4 files fetched' })
})

it.each(['done', 'failed', 'cancelled'] as const)(
  'what goes to another place has its turn when that has ended: %s, also after a restart',
  (state) => {
    for (const isRestarted of [false, true]) {
      const one = world(origin)
      one.going.set(c, { to: { path: '/elsewhere/c' }, group: null })
      one.end(a, 'done')
      one.end(b, 'done')
      one.end(d, 'done')
      expect(one.begun.map(({ cid }) => cid)).toEqual([a, b, d])
      expect(one.view()).toMatchObject({ state: 'running', step: '3 of 4 files fetched' })
      if (isRestarted) one.restart()
      expect(one.begun).toHaveLength(3)
      one.end(c, state)
      expect(one.begun.slice(3)).toEqual([{ cid: c, to: 'downloads' }])
      one.end(c, 'done')
      expect(one.view()).toMatchObject({ state: 'done', step: '4 files fetched' })
    }
  },
)

it('one that failed and came all the same is no failure; a folder tried again is counted once', () => {
  const one = world({ folder: 'run' })
  for (const cid of cids) one.end(cid, 'failed')
  expect(one.view().error?.message).toBe('4 of 4 files could not be fetched. The disk is full.')
  one.order.head.resume()
  one.end(a, 'failed')
  one.end(a, 'done')
  one.end(b, 'done')
  one.restart()
  one.end(c, 'done')
  one.end(d, 'done')
  expect(one.view()).toMatchObject({ state: 'done', step: '4 files fetched', doneBytes: 4 * sizeBytes })
})

it('what cannot be looked up stays remembered, and is tried again as a whole', () => {
  const one = world({ folder: 'run' })
  one.end(a, 'done')
  const { state } = one.order
  let isBroken = true
  const list = new TransferList({ clock: new FakeClock(), changed: () => {}, forgot: () => {} })
  const begun: Cid[] = []
  const order = new FetchOrder(
    {
      transfers: list,
      downloadDir: () => '/downloads',
      wanted: () => {
        if (isBroken) throw new SwarmError('INVALID_INPUT', 'It cannot be told whose it is.')
        return [{ share: { cid: d, local: false, sizeBytes } as ShareView, to: 'downloads' }]
      },
      share: () => undefined,
      fetch: (cid, { group }) => {
        begun.push(cid)
        return { group: group ?? null }
      },
      goesTo: () => undefined,
      room: () => 9,
      begun: () => [],
      changed: () => {},
    },
    state,
  )
  order.lost(new SwarmError('INVALID_INPUT', 'It cannot be told whose it is.'))
  expect(order.head.view).toMatchObject({ state: 'failed', error: { code: 'INVALID_INPUT' } })
  expect(order.state).toEqual(state)
  expect(() => order.head.resume()).toThrow(/whose it is/)
  expect(order.head.view.state).toBe('failed')
  isBroken = false
  order.head.resume()
  expect(begun).toEqual([d])
})

it('one that was remembered without counts is read', () => {
  const { done, doneBytes, off, failed, aside, ...old } = newFetchOrder({
    id: randomUUID(),
    name: 'run',
    query: {},
    to: 'store',
    files: 4,
    sizeBytes: 40,
  })
  expect(fetchOrderSchema.parse(old)).toEqual({ ...old, done, doneBytes, off, failed, aside })
})
