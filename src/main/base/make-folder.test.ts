import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder, makeFolderSync, type FolderInit } from './make-folder.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'dt-swarm-folder-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

const atOnce = async (path: string, init?: FolderInit): Promise<void> => makeFolderSync(path, init)

describe.each([
  ['makeFolder', makeFolder],
  ['makeFolderSync', atOnce],
])('%s', (_, make) => {
  it('makes what is missing above it too, and takes what is there', async () => {
    await make(join(root, 'a/b/c'))
    await make(join(root, 'a/b/c'))
    expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true)
  })

  it('two at once are no quarrel', async () => {
    await Promise.all([make(join(root, 'x/y')), make(join(root, 'x/y')), make(join(root, 'x'))])
    expect(statSync(join(root, 'x/y')).isDirectory()).toBe(true)
  })

  it('a file in its place or above it is an error', async () => {
    writeFileSync(join(root, 'file'), '')
    await expect(make(join(root, 'file'))).rejects.toThrow(/EEXIST/)
    await expect(make(join(root, 'file/below'))).rejects.toThrow(/ENOTDIR/)
  })

  it.skipIf(!existsSync('/proc/self'))('ends where the system refuses by saying that there is none', async () => {
    await expect(make('/proc/dt-swarm-never')).rejects.toThrow(/ENOENT/)
    await expect(make('/proc/dt-swarm-never/below')).rejects.toThrow(/ENOENT/)
  })

  it.skipIf(process.platform === 'win32')('all that it makes is as private as it is told', async () => {
    await make(join(root, 'p/q'), { mode: 0o700 })
    expect([statSync(join(root, 'p')).mode & 0o777, statSync(join(root, 'p/q')).mode & 0o777]).toEqual([0o700, 0o700])
  })
})
