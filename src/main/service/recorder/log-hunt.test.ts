import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { huntLogs, type HuntInit } from './log-hunt.ts'

const nowMs = Date.UTC(2030, 0, 1)
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hunt-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, agoMs = 0): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'x')
  utimesSync(path, nowMs / 1_000, (nowMs - agoMs) / 1_000)
  return path
}

async function hunt(paths: readonly string[], change: Partial<HuntInit> = {}) {
  const init = { sinceMs: nowMs - 60_000, untilMs: nowMs, closed: [], open: [], signal: new AbortController().signal }
  const { logs, leftOut } = await huntLogs({ ...init, paths: paths.map((path) => join(folder, path)), ...change })
  return { names: logs.map(({ name }) => name), leftOut }
}

it('finds what was written lately, by file, folder and pattern, the latest first', async () => {
  write('ros/a.log', 3_000)
  write('ros/deep/b.log', 2_000)
  write('ros/old.log', 61_000)
  write('bags/c.mcap', 1_000)
  write('bags/c.txt')
  expect(await hunt(['ros', 'bags/*.mcap', 'bags/c.mcap'])).toEqual({
    names: ['c.mcap', 'b.log', 'a.log'],
    leftOut: [],
  })
})

it('hidden files are found only by a pattern that names them so', async () => {
  write('logs/.recording-1.mcap')
  write('logs/.ssh/id')
  expect((await hunt(['logs', 'logs/*', 'logs/**'])).names).toEqual([])
  expect((await hunt(['logs/.recording-*.mcap'])).names).toEqual(['.recording-1.mcap'])
})

it('links are not followed but where a person named one', async () => {
  const secret = write('secret')
  write('logs/a.log')
  symlinkSync(secret, join(folder, 'logs/link'))
  symlinkSync(join(folder, 'logs'), join(folder, 'latest'))
  expect((await hunt(['logs', 'logs/*'])).names).toEqual(['a.log'])
  expect((await hunt(['latest'])).names).toEqual(['a.log'])
})

it('a pattern leads into no linked folder, also not by its last step', async () => {
  write('elsewhere/.secrets/token')
  mkdirSync(join(folder, 'data'))
  symlinkSync(join(folder, 'elsewhere/.secrets'), join(folder, 'data/link'))
  symlinkSync(join(folder, 'data'), join(folder, 'named'))
  const paths = ['data/**', 'data/**/*', 'data/*/*', 'data/l*/token', 'data/{link/token,x}', '*/.secrets/*']
  expect((await hunt(paths.slice(0, -1))).names).toEqual([])
  expect((await hunt(paths)).names).toEqual(['token'])
  write('data/a/b.log')
  expect((await hunt(['named/**/*.log'])).names).toEqual(['b.log'])
})

it('a pattern reaches as deep as it says', async () => {
  write('a/b/c/d/e/f.log')
  write('a/x.log', 1_000)
  write('a/b/y.log', 2_000)
  expect((await hunt(['*/*.log'])).names).toEqual(['x.log'])
  expect((await hunt(['a/{b/y,z/z}.log', 'a/[bc]/y.???'])).names).toEqual(['y.log'])
  expect((await hunt(['a/**/*.log'])).names).toEqual(['f.log', 'x.log', 'y.log'])
})

it('names that match nothing count as well, and looking can be called off amid them', async () => {
  const many = join(folder, 'many')
  mkdirSync(many)
  for (let at = 0; at < 20_001; at++) linkSync(at === 0 ? write('one') : join(folder, 'one'), join(many, `${at}`))
  const { names, leftOut } = await hunt(['many/**/*.log', 'one'])
  expect(leftOut).toEqual([{ name: 'more', why: expect.stringContaining('only 20000 names') }])
  expect(names).toEqual(['one'])
  const off = new AbortController()
  const hunted = hunt(['many/**/*.log'], { signal: off.signal })
  setImmediate(() => off.abort(new Error('enough')))
  await expect(hunted).rejects.toThrow('enough')
})

it('a closed folder stays closed, but for what is open in it', async () => {
  write('home/web-token')
  write('home/share/a.log')
  write('home/share/flight/1/a.log')
  const closed = [join(folder, 'home'), join(folder, 'home/share/flight')]
  const open = [join(folder, 'home/share')]
  expect((await hunt(['home', 'home/web-token', 'home/**'], { closed, open })).names).toEqual(['a.log'])
})

it('a path that is not there is told, and costs the others nothing', async () => {
  write('a.log')
  const { names, leftOut } = await hunt(['none', 'a.log', 'none-*'])
  expect(names).toEqual(['a.log'])
  expect(leftOut).toEqual([{ name: join(folder, 'none'), why: 'it is not there' }])
})

it('of very many logs the latest are taken', async () => {
  for (let at = 0; at < 40; at++) write(`many/${at}.log`, at * 1_000)
  const { names, leftOut } = await hunt(['many'])
  expect(names).toEqual(Array.from({ length: 32 }, (_, at) => `${at}.log`))
  expect(leftOut).toHaveLength(8)
})
