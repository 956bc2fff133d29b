import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Counters } from '../../base/counters.ts'
import { scanFolder } from './folder-scan.ts'
import { Homes } from './homes.ts'
import { LeftOutFiles } from './left-out.ts'
import { ShareRules } from './share-rules.ts'

const { signal } = new AbortController()
let dir: string
let homes: Homes

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dt-swarm-scan-'))
  homes = new Homes({ home: join(dir, 'ours'), open: () => [] })
})

afterEach(() => rm(dir, { recursive: true, force: true }))

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), name)
  }
}

async function scan(rules: { ignore?: string[]; maxFileBytes?: number } = {}) {
  const { ignore = [], maxFileBytes = null } = rules
  const content = await scanFolder(dir, await ShareRules.read(dir, { ignore, maxFileBytes }), { homes, signal })
  return {
    names: [...content.files.values()].map(({ name }) => name).toSorted(),
    leftOut: content.leftOut.map(({ name, reason }) => `${reason} ${name}`).toSorted(),
    content,
  }
}

it.each([
  [['*.tmp'], ['a.log', 'b/c.log', 'b/d/e.bag']],
  [
    ['/a.log', '*.tmp'],
    ['b/c.log', 'b/d/e.bag'],
  ],
  [['b/'], ['a.log', 'x.tmp']],
  [['*', '!*.bag', '!*/'], ['b/d/e.bag']],
  [['B/'], ['a.log', 'b/c.log', 'b/d/e.bag', 'x.tmp']],
  [['**/d'], ['a.log', 'b/c.log', 'x.tmp']],
  [
    ['[z-a', '(((', ''],
    ['a.log', 'b/c.log', 'b/d/e.bag', 'x.tmp'],
  ],
])('patterns as in .gitignore: %j', async (ignore, names) => {
  await put('a.log', 'x.tmp', 'b/c.log', 'b/d/e.bag')
  expect((await scan({ ignore })).names).toEqual(names)
})

it('the patterns of the folder count with those of the settings', async () => {
  await put('a.log', 'b.log', 'c.log', 'd.log')
  await writeFile(join(dir, '.swarmignore'), `# c\nb.*\r\n${'x'.repeat(300)}\n!d.log\n`)
  const { names, leftOut } = await scan({ ignore: ['a.*', 'd.*'] })
  expect(names).toEqual(['c.log', 'd.log'])
  expect(leftOut).toEqual(['ignored a.log', 'ignored b.log'])
})

it('patterns that cannot be read share nothing, rather than everything', async () => {
  await mkdir(join(dir, '.swarmignore'))
  await put('a.log')
  await expect(scan()).rejects.toThrow()
})

it.runIf(process.platform === 'linux')('names and links that are wrong are left out with their reasons', async () => {
  await put('good', 'sub/good')
  await put('new\nline', 'back\\slash', 'rtl\u202egpj.exe')
  await writeFile(Buffer.concat([Buffer.from(`${dir}/latin`), Buffer.from([0xe9])]), '')
  await symlink('/etc/passwd', join(dir, 'passwd'))
  await symlink('..', join(dir, 'sub', 'up'))
  await symlink('loop', join(dir, 'loop'))
  await symlink(join(dir, 'gone'), join(dir, 'dangling'))
  await symlink(join(dir, 'sub'), join(dir, 'twice'))
  await symlink(join(dir, 'good'), join(dir, 'same'))
  const { names, leftOut } = await scan()
  expect(names).toEqual(['good', 'same', 'sub/good'])
  expect(leftOut).toEqual([
    'bad-name back\\slash',
    'bad-name latin\ufffd',
    'bad-name new\nline',
    'bad-name rtl\u202egpj.exe',
    'link-outside loop',
    'link-outside passwd',
    'link-outside sub/up',
    'no-file twice',
  ])
})

it('what a link in the folder leads to counts by its own name too', async () => {
  await put('.secret', '.git/config', 'a.part', 'b/good', 'half.dt-swarm-part', 'ours/swarm.db', 'ours/notes/x.txt')
  for (const [at, target] of [
    ['secret', '.secret'],
    ['config', '.git/config'],
    ['chain', 'config'],
    ['half', 'half.dt-swarm-part'],
    ['part', 'a.part'],
    ['good', 'b/good'],
    ['notes', 'ours/notes/x.txt'],
  ] as const) {
    await symlink(target, join(dir, at))
  }
  const { names, leftOut } = await scan({ ignore: ['*.part'] })
  expect(names).toEqual(['b/good', 'good'])
  expect(leftOut).toEqual([
    'home notes',
    'home ours',
    'ignored a.part',
    'ignored part',
    'link-hidden chain',
    'link-hidden config',
    'link-hidden half',
    'link-hidden secret',
  ])
})

it('homes of peers are left out, by path or by what is in them, and are not watched', async () => {
  await put(
    'ours/x',
    'sub/theirs/identity.json',
    'sub/theirs/web-token',
    'sub/theirs/blocks/b',
    'sub/good',
    'id/identity.json',
  )
  const { names, leftOut, content } = await scan()
  expect(names).toEqual(['id/identity.json', 'sub/good'])
  expect(leftOut).toEqual(['home ours', 'home sub/theirs'])
  expect(content.homes.toSorted()).toEqual(['ours/', 'sub/theirs/'])
  expect(content.folders.toSorted()).toEqual([dir, join(dir, 'id'), join(dir, 'sub')])
  expect(content.partial).toBe(false)
})

it('of a folder that is a home itself nothing is shared', async () => {
  await put('identity.json', 'swarm.db', 'x', 'sub/y')
  const { names, content } = await scan()
  expect(names).toEqual([])
  expect(content.leftOut).toMatchObject([{ reason: 'home', words: expect.stringContaining('private key') }])
})

it('a tree that is too deep is not gone into, and what is large is left out', async () => {
  await put(`${'d/'.repeat(20)}deep`, 'small', 'large-one')
  const { names, leftOut, content } = await scan({ maxFileBytes: 5 })
  expect(names).toEqual(['small'])
  expect(leftOut).toEqual([`too-deep ${'d/'.repeat(15)}d`, 'too-large large-one'])
  expect(content.partial).toBe(true)
})

it('each file that is left out is counted once, and again when the reason is another', () => {
  const counters = new Counters()
  const list = new LeftOutFiles(counters)
  const big = { name: 'big.bag', reason: 'too-large' as const, words: 'it is large' }
  list.set([big])
  list.set([big, { name: 'a.tmp', reason: 'ignored', words: 'a pattern' }])
  expect(counters.get('files.skipped:too-large')).toBe(1)
  expect(counters.get('files.skipped:ignored')).toBe(1)
  expect(list.warning).toBe('1 file in the share folder is not shared. "big.bag": it is large.')
  list.set(Array.from({ length: 5_000 }, (_, n) => ({ ...big, name: `${n}\n`.padEnd(200, 'x') })))
  expect(list.all).toHaveLength(1_000)
  expect(list.warning).toMatch(/^1000 files .*and 997 more\.$/)
  expect(list.warning?.length).toBeLessThan(500)
  list.set([])
  expect(list.warning).toBeNull()
})
