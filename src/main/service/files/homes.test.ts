import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Homes } from './homes.ts'

let disk: string
let homes: Homes

beforeEach(async () => {
  disk = await realpath(await mkdtemp(join(tmpdir(), 'dt-swarm-homes-')))
  for (const path of [
    'ours/blocks/b',
    'ours/shared/a/x.log',
    'theirs/swarm.json',
    'theirs/shared/y.log',
    'logs/z.log',
  ]) {
    await mkdir(dirname(join(disk, path)), { recursive: true })
    await writeFile(join(disk, path), 'x')
  }
  await writeFile(join(disk, 'theirs', 'identity.json'), 'secret')
  await writeFile(join(disk, 'logs', 'identity.json'), 'of some other program')
  await symlink(join(disk, 'ours'), join(disk, 'link'))
  const open = ['ours/shared', 'logs', 'ours/downloads'].map((name) => join(disk, name))
  homes = new Homes({ home: join(disk, 'link'), open: () => open })
})

afterEach(() => rm(disk, { recursive: true }))

it.each([
  ['ours', 'ours'],
  ['ours/files.json', 'ours'],
  ['ours/blocks/b', 'ours'],
  ['link/blocks', 'ours'],
  ['link/not/there/yet', 'ours'],
  ['theirs/web-token', 'theirs'],
  ['theirs/shared/y.log', 'theirs'],
  ['ours/shared', null],
  ['ours/shared/a/x.log', null],
  ['link/shared/a/x.log', null],
  ['ours/downloads/run', null],
  ['ours/shared-not', 'ours'],
  ['logs/identity.json', null],
  ['', null],
])('%j lies in the home %j', async (path, home) => {
  expect(await homes.around(join(disk, path))).toBe(home === null ? null : join(disk, home))
})

it('a share folder that is a home, or has one in it, opens nothing of that', async () => {
  const inverse = new Homes({ home: join(disk, 'ours'), open: () => [disk, join(disk, 'ours'), join(disk, 'theirs')] })
  for (const path of ['ours', 'ours/files.json', 'theirs/identity.json']) {
    await expect(inverse.refuse(join(disk, path))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/private key.*Choose another file/),
    })
  }
  await inverse.refuse(join(disk, 'logs/z.log'))
})
