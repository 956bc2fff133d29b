import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeSubFolder } from './sub-folder.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dt-swarm-sub-folder-'))
  folder = join(root, 'downloads')
  mkdirSync(folder)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('makes what is missing, takes what is there, and none for none', async () => {
  expect(await makeSubFolder(folder, ['a', 'b'])).toBe(join(folder, 'a', 'b'))
  expect(await makeSubFolder(folder, ['a', 'b', 'c'])).toBe(join(folder, 'a', 'b', 'c'))
  expect(await makeSubFolder(folder, [])).toBe(folder)
  expect(readdirSync(folder)).toEqual(['a'])
})

it('many at once are no quarrel', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => makeSubFolder(folder, ['x', 'y'])))
  expect(new Set(made)).toEqual(new Set([join(folder, 'x', 'y')]))
})

it('neither follows a link, nor changes a file, that has the name of a folder', async () => {
  mkdirSync(join(root, 'outside'))
  symlinkSync(join(root, 'outside'), join(folder, 'run'))
  symlinkSync(join(root, 'nowhere'), join(folder, 'run (2)'))
  writeFileSync(join(folder, 'run (3)'), 'a file')
  expect(await makeSubFolder(folder, ['run', 'left'])).toBe(join(folder, 'run (4)', 'left'))
  // The next file of the same folder comes to lie beside the first.
  expect(await makeSubFolder(folder, ['run', 'left'])).toBe(join(folder, 'run (4)', 'left'))
  expect(readdirSync(join(root, 'outside'))).toEqual([])
  expect(existsSync(join(root, 'nowhere'))).toBe(false)
  expect(lstatSync(join(folder, 'run (3)')).isFile()).toBe(true)
})

it('writes nothing into the home of a peer', async () => {
  mkdirSync(join(folder, 'peer'))
  expect(await makeSubFolder(folder, ['peer'])).toBe(join(folder, 'peer'))
  for (const name of ['identity.json', 'swarm.db']) writeFileSync(join(folder, 'peer', name), '')
  expect(await makeSubFolder(folder, ['peer', 'left'])).toBe(join(folder, 'peer (2)', 'left'))
  expect(readdirSync(join(folder, 'peer'))).toEqual(['identity.json', 'swarm.db'])
})

it('the chosen folder itself may be a link', async () => {
  symlinkSync(folder, join(root, 'chosen'))
  expect(await makeSubFolder(join(root, 'chosen'), ['a'])).toBe(join(root, 'chosen', 'a'))
  expect(readdirSync(folder)).toEqual(['a'])
})

it('says so when every name is taken', async () => {
  for (const n of Array(100).keys()) writeFileSync(join(folder, n === 0 ? 'run' : `run (${n + 1})`), '')
  await expect(makeSubFolder(folder, ['run'])).rejects.toThrow(/A file is where a folder should be: making the folder/)
})
