import { expect, it } from 'vitest'
import type { TransferView } from '../../../shared/views.ts'
import { ShareBytes } from './share-bytes.ts'
import { SharePlaces, ShareWork } from './share-work.ts'

const large = 5_000_000
const { signal } = new AbortController()

function work(
  places: SharePlaces,
  name: string,
  told: string[],
  init: { sizeBytes?: number; stop?: AbortSignal } = {},
) {
  const facts = { priority: 'normal' as TransferView['priority'] }
  const one = new ShareWork(places, {
    sizeBytes: init.sizeBytes ?? large,
    priority: () => facts.priority,
    signal: init.stop ?? signal,
    now: (state) => told.push(`${name} ${state}`),
  })
  return { one, facts }
}

const source = (): ShareBytes => new ShareBytes({ path: '/nowhere' }, { signal })
/** Both places for large files can be had: nothing that is over keeps one. */
async function expectAllPlacesFree(places: SharePlaces): Promise<void> {
  const after = ['after', 'beside'].map((name) => work(places, name, []).one)
  await expect(Promise.all(after.map((one) => one.turn()))).resolves.toHaveLength(2)
}

/** The first has begun to read and is held; the other two have the places. */
async function heldWhileTwoRead(places: SharePlaces): Promise<readonly [ShareWork, ShareWork, ShareWork]> {
  const [a, b, c] = [work(places, 'a', []).one, work(places, 'b', []).one, work(places, 'c', []).one] as const
  await a.turn()
  a.reading(source())
  a.pause()
  await Promise.all([b.turn(), c.turn()])
  return [a, b, c]
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('two large files are read at a time, the most urgent next; small ones have places of their own', async () => {
  const places = new SharePlaces()
  const told: string[] = []
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(places, name, told))
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were made')
  await Promise.all([a.one.turn(), b.one.turn()])
  const turns = [c.one.turn(), d.one.turn()]
  await work(places, 'small', told, { sizeBytes: 10 }).one.turn()
  d.facts.priority = 'high'
  await settled()
  expect(told.filter((line) => line.endsWith('running'))).toEqual(['a running', 'b running', 'small running'])
  a.one.end()
  await turns[1]
  expect(told.at(-1)).toBe('d running')
  b.one.hasRead()
  await turns[0]
  expect(told.at(-1)).toBe('c running')
})

it('one that is held gives its place to the next, and waits for a place to go on where it was', async () => {
  const places = new SharePlaces()
  const told: string[] = []
  const [a, b, c] = ['a', 'b', 'c'].map((name) => work(places, name, told))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three were made')
  await Promise.all([a.one.turn(), b.one.turn()])
  const bytes = source()
  a.one.reading(bytes)
  const turn = c.one.turn()
  a.one.pause()
  expect(bytes.held).toBe(true)
  await turn
  a.one.resume()
  await settled()
  expect(bytes.held).toBe(true)
  b.one.end()
  await settled()
  expect(bytes.held).toBe(false)
  expect(told.filter((line) => line.startsWith('a '))).toEqual([
    'a waiting',
    'a running',
    'a paused',
    'a waiting',
    'a running',
  ])
})

it('one that is held before its turn takes none until it goes on; one that is given up rejects', async () => {
  const places = new SharePlaces()
  const told: string[] = []
  const stop = new AbortController()
  const { one } = work(places, 'a', told, { stop: stop.signal })
  one.pause()
  const turn = one.turn()
  await settled()
  expect(told).toEqual(['a paused'])
  one.resume()
  await turn
  expect(told).toEqual(['a paused', 'a waiting', 'a running'])
  one.end()
  const other = work(places, 'b', told, { stop: stop.signal }).one
  other.pause()
  const given = other.turn()
  stop.abort()
  await expect(given).rejects.toMatchObject({ name: 'AbortError' })
  await expectAllPlacesFree(places)
})

it('no more than sixteen are held half read', async () => {
  const places = new SharePlaces()
  const held: ShareWork[] = []
  for (let n = 0; n < 16; n += 1) {
    const { one } = work(places, `${n}`, [])
    await one.turn()
    one.reading(source())
    one.pause()
    held.push(one)
  }
  const { one } = work(places, 'last', [])
  await one.turn()
  one.reading(source())
  expect(() => one.pause()).toThrow(/16 files are held half read/)
  held[0]?.end()
  one.pause()
  expect(places.held.size).toBe(16)
})

it('holding and going on again and again while all places are taken loses none', async () => {
  const places = new SharePlaces()
  const [a, b, c] = await heldWhileTwoRead(places)
  for (let n = 0; n < 3; n += 1) {
    a.resume()
    await settled()
    a.pause()
    await settled()
  }
  a.resume()
  await settled()
  b.end()
  c.end()
  await settled()
  a.hasRead()
  a.end()
  await expectAllPlacesFree(places)
})

it('one that ends while it waits to go on takes no place', async () => {
  const places = new SharePlaces()
  const [a, b, c] = await heldWhileTwoRead(places)
  a.resume()
  await settled()
  a.end()
  b.end()
  c.end()
  await expectAllPlacesFree(places)
})

it('one that is held as soon as it goes on reads nothing', async () => {
  const places = new SharePlaces()
  const holds = { one: null as ShareWork | null }
  const one = new ShareWork(places, {
    sizeBytes: large,
    priority: () => 'normal',
    signal,
    now: (state) => (state === 'running' ? holds.one?.pause() : undefined),
  })
  await one.turn()
  const bytes = source()
  one.reading(bytes)
  one.pause()
  holds.one = one
  one.resume()
  await settled()
  expect(bytes.held).toBe(true)
})
