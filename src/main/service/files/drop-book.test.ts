import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { DropBook, type DropOrder } from './drop-book.ts'
import { UnsharedBook } from './unshared-book.ts'

let home: string
const { signal } = new AbortController()
const deps = { clock: new FakeClock(), counters: new Counters(), log: silentLog, signal: () => signal }
const books = () => ({
  drops: new DropBook(deps, { path: join(home, 'drops.json') }),
  unshared: new UnsharedBook(deps, { path: join(home, 'unshared.json') }),
})
const order = (n: number): DropOrder => ({ id: `${n}`, paths: [`/${n}`], how: 'link', channel: null, paused: false })

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dt-swarm-drops-'))
})

afterEach(() => rm(home, { recursive: true, force: true }))

it('one drop more than are remembered is refused, and all others are read again', () => {
  const { drops } = books()
  for (let n = 0; n < 200; n += 1) drops.put(order(n))
  expect(() => drops.put(order(200))).toThrow(/200 drops are under way already/)
  drops.put({ ...order(7), paused: true })
  drops.forget('0')
  // What is over stays over, also when it is held.
  drops.hold('0', true)
  drops.put(order(200))
  drops.save()
  const again = books().drops
  again.load()
  expect(again.drops).toHaveLength(200)
  expect(again.drops.find(({ id }) => id === '7')).toMatchObject({ paused: true })
})

it('what is unshared is remembered whatever becomes of the drops', async () => {
  const { unshared } = books()
  unshared.load()
  unshared.set('/share/private.log', true)
  unshared.save()
  await writeFile(join(home, 'drops.json'), 'damaged')
  const again = books()
  again.unshared.load(again.drops.load())
  expect([...again.unshared.paths]).toEqual(['/share/private.log'])
  expect((await readdir(home)).filter((name) => name.includes('corrupt'))).toHaveLength(1)
})

it('what was unshared when it was remembered beside the drops still is, once', async () => {
  await writeFile(
    join(home, 'drops.json'),
    JSON.stringify({ v: 1, drops: [order(1)], unshared: ['/share/a', '/share/b'] }),
  )
  const first = books()
  first.unshared.load(first.drops.load())
  expect([...first.unshared.paths]).toEqual(['/share/a', '/share/b'])
  expect(first.drops.drops).toEqual([order(1)])
  first.drops.save()
  expect(JSON.parse(await readFile(join(home, 'drops.json'), 'utf8'))).toEqual({ v: 1, drops: [order(1)] })
  first.unshared.set('/share/a', false)
  first.unshared.save()
  const second = books()
  second.unshared.load(second.drops.load())
  expect([...second.unshared.paths]).toEqual(['/share/b'])
})
