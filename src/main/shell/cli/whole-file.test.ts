import { execFileSync, spawn } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeWhole } from './whole-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-whole-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put =
  (text: string) =>
  (to: Writable): Promise<void> =>
    new Promise((done, failed) => to.once('error', failed).end(text, done))

const codeOf = (writing: Promise<unknown>): Promise<unknown> =>
  writing.then(
    () => 'written',
    (error: { readonly code: string }) => error.code,
  )

test('is there whole, and neither a file nor a link that is called as a part of it would be is touched', async () => {
  const path = join(folder, 'run.bag')
  const outside = join(folder, 'outside.txt')
  writeFileSync(outside, 'not to be written')
  symlinkSync(outside, `${path}.part`)
  await writeWhole(path, { force: false }, put('it drove'))
  expect(readFileSync(path, 'utf8')).toBe('it drove')
  expect(lstatSync(path).isSymbolicLink()).toBe(false)
  expect(readFileSync(outside, 'utf8')).toBe('not to be written')
  expect(readdirSync(folder).toSorted()).toEqual(['outside.txt', 'run.bag', 'run.bag.part'])
})

test.skipIf(process.platform === 'win32')('a device or a pipe is not replaced, forced or not', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(writeWhole(pipe, { force: true }, put('new'))).rejects.toThrow('is a device or a pipe')
  expect(lstatSync(pipe).isFIFO()).toBe(true)
})

test('what is there stays, a link that leads nowhere too, unless it is forced; a link is replaced and not followed', async () => {
  const path = join(folder, 'run.bag')
  const dangling = join(folder, 'dangling')
  writeFileSync(path, 'mine')
  symlinkSync(join(folder, 'nowhere'), dangling)
  expect(await codeOf(writeWhole(path, { force: false }, put('new')))).toBe('INVALID_INPUT')
  expect(await codeOf(writeWhole(dangling, { force: false }, put('new')))).toBe('INVALID_INPUT')
  expect(await codeOf(writeWhole(folder, { force: true }, put('new')))).toBe('INVALID_INPUT')
  expect(readFileSync(path, 'utf8')).toBe('mine')

  await writeWhole(path, { force: true }, put('new'))
  expect(readFileSync(path, 'utf8')).toBe('new')
  await writeWhole(dangling, { force: true }, put('new too'))
  expect(lstatSync(dangling).isSymbolicLink()).toBe(false)
  expect(readdirSync(folder).toSorted()).toEqual(['dangling', 'run.bag'])
})

test('what comes to be there in the meantime stays', async () => {
  const path = join(folder, 'run.bag')
  const writing = writeWhole(path, { force: false }, async (to) => {
    await put('ours')(to)
    writeFileSync(path, 'theirs')
  })
  expect(await codeOf(writing)).toBe('INVALID_INPUT')
  expect(readFileSync(path, 'utf8')).toBe('theirs')
  expect(readdirSync(folder)).toEqual(['run.bag'])
})

test('a folder that is not there is named, and what fails leaves nothing', async () => {
  const deep = join(folder, 'gone', 'run.bag')
  await expect(writeWhole(deep, { force: false }, put('x'))).rejects.toThrow(
    `there is no folder ${join(folder, 'gone')}`,
  )
  writeFileSync(join(folder, 'file'), '')
  expect(await codeOf(writeWhole(join(folder, 'file', 'run.bag'), { force: false }, put('x')))).toBe('NOT_FOUND')
  rmSync(join(folder, 'file'))
  const broken = writeWhole(join(folder, 'run.bag'), { force: false }, async (to) => {
    await put('half')(to)
    throw new Error('it broke off')
  })
  await expect(broken).rejects.toThrow('it broke off')
  expect(readdirSync(folder)).toEqual([])
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the command and leaves nothing', async (signal) => {
  const module = pathToFileURL(join(import.meta.dirname, 'whole-file.ts')).href
  const program = `
    const { writeWhole } = await import(${JSON.stringify(module)})
    setInterval(() => {}, 1000)
    await writeWhole(${JSON.stringify(join(folder, 'run.bag'))}, { force: false }, (to) => {
      to.write('half of it')
      return new Promise(() => {})
    })`
  mkdirSync(join(folder, 'other'))
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      stdio: 'inherit',
    },
  )
  const ended = new Promise((done) => child.once('exit', (_, by) => done(by)))
  await vi.waitFor(() => {
    const part = readdirSync(folder).find((name) => name.startsWith('.'))
    expect(part === undefined ? '' : readFileSync(join(folder, part), 'utf8')).toBe('half of it')
  })
  child.kill(signal)
  expect(await ended).toBe(signal)
  expect(readdirSync(folder)).toEqual(['other'])
})
