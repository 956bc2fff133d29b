import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'dt-swarm-folder-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('makes what is missing above it too, and takes what is there', async () => {
  await makeFolder(join(root, 'a/b/c'))
  await makeFolder(join(root, 'a/b/c'))
  expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true)
})

it('two at once are no quarrel', async () => {
  await Promise.all([makeFolder(join(root, 'x/y')), makeFolder(join(root, 'x/y')), makeFolder(join(root, 'x'))])
  expect(statSync(join(root, 'x/y')).isDirectory()).toBe(true)
})

it('a file in its place or above it is an error', async () => {
  writeFileSync(join(root, 'file'), '')
  await expect(makeFolder(join(root, 'file'))).rejects.toThrow(/EEXIST/)
  await expect(makeFolder(join(root, 'file/below'))).rejects.toThrow(/ENOTDIR/)
})

it.skipIf(!existsSync('/proc/self'))('ends where the system refuses by saying that there is none', async () => {
  await expect(makeFolder('/proc/dt-swarm-never')).rejects.toThrow(/ENOENT/)
})
