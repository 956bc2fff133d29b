import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { afterEach, expect, it } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import { giveName, PartFile } from './write-file.ts'

const dirs: string[] = []
afterEach(async () => {
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true, force: true })))
})

async function folder() {
  const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-write-'))
  dirs.push(dir)
  /** Gives a file of this content the name, and tells what it is called. */
  const write = async (text: string, name = 'camera.bag'): Promise<string> => {
    const part = await PartFile.create(join(dir, '.part'))
    await part.write(Buffer.from(text))
    await part.rest()
    const digest = create(0x12, createHash('sha256').update(text).digest())
    return basename(await giveName(part.path, dir, { name, cid: CID.createV1(0x55, digest).toString() as Cid }))
  }
  return { dir, write }
}

it('files of one name are numbered, many of them called by their content, and none is written twice', async () => {
  const { dir, write } = await folder()
  const names: string[] = []
  // All of one size, so that only their bytes tell them apart.
  for (let n = 0; n < 30; n += 1) names.push(await write(`${n}`.padStart(6)))
  expect(names.slice(0, 3)).toEqual(['camera.bag', 'camera (2).bag', 'camera (3).bag'])
  expect(names[19]).toBe('camera (20).bag')
  for (const name of names.slice(20)) expect(name).toMatch(/^camera \([a-z2-7]{8}\)\.bag$/)
  expect(new Set(names).size).toBe(30)
  for (const n of [0, 19, 20, 29]) {
    expect(await write(`${n}`.padStart(6))).toBe(names[n])
    expect(await readFile(join(dir, names[n] ?? ''), 'utf8')).toBe(`${n}`.padStart(6))
  }
  expect(await readdir(dir)).toHaveLength(30)
})

it('what has taken the name of a content keeps it', async () => {
  const { dir, write } = await folder()
  for (let n = 0; n < 20; n += 1) await write(`${n}`)
  const marked = await write('the 21st')
  await rm(join(dir, marked))
  await write('another', marked)
  expect(await write('the 21st')).toBe(marked.replace(').bag', '-2).bag'))
  expect(await readFile(join(dir, marked), 'utf8')).toBe('another')
})
