import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CourierView } from '../../src/shared/courier-views.ts'
import { Daemon, run, scratch } from './fixtures/daemon.ts'

/** Two peers of one swarm that are never up at the same time, but once to be admitted. */
const folder = scratch()
const field = new Daemon(folder.path, 'field')
const lab = new Daemon(folder.path, 'lab')
const stick = join(folder.path, 'stick')
const bytes = randomBytes(3_000_000)
const patience = { timeout: 60_000, interval: 300 }

async function courier(daemon: Daemon, ...args: string[]) {
  const { code, stdout, stderr } = await run(['courier', ...args, '--home', daemon.home, '--json'])
  return { code, stderr, view: (stdout === '' ? null : JSON.parse(stdout)) as CourierView | null }
}

interface Listed {
  readonly files: readonly { readonly name: string; readonly path: string }[]
}
const onStick = (name: string): string => {
  const { files } = JSON.parse(readFileSync(join(stick, 'dt-swarm-courier.json'), 'utf8')) as Listed
  return join(stick, files.find((file) => file.name === name)?.path ?? 'missing')
}

beforeAll(async () => {
  mkdirSync(stick)
  await lab.start({ role: 'operator' })
  await field.start({ join: await lab.invite('robot') })
  await field.admitted()
  await lab.stop()
  for (const [name, content] of [
    ['left.bag', bytes],
    ['right.bag', randomBytes(500_000)],
    ['link.bag', randomBytes(400_000)],
    ['short.bag', randomBytes(300_000)],
  ] as const) {
    writeFileSync(join(field.share, name), content)
  }
  await vi.waitFor(async () => {
    if ((await field.files()).length < 4) throw new Error('not all are shared yet')
  }, patience)
}, 300_000)

afterAll(async () => {
  await Promise.all([field.stop(), lab.stop()])
  folder.remove()
})

test('a stick carries files and records to a network that was never met, checked; and what is wrong stays out', async () => {
  expect(await courier(field, 'export', stick)).toMatchObject({ code: 2 })
  const written = await courier(field, 'export', stick, '--all')
  expect(written).toMatchObject({ code: 0, view: { state: 'done', doneFiles: 4, knownFiles: 0 } })
  expect(readFileSync(onStick('left.bag'))).toEqual(bytes)
  // Once more: nothing is written again; what was lost is.
  rmSync(onStick('right.bag'))
  expect(await courier(field, 'export', stick, '--all')).toMatchObject({ view: { doneFiles: 1, knownFiles: 3 } })
  await field.stop()

  const changed = readFileSync(onStick('right.bag'))
  changed[70_000] = (changed[70_000] ?? 0) ^ 1
  writeFileSync(onStick('right.bag'), changed)
  const secret = join(folder.path, 'secret')
  writeFileSync(secret, readFileSync(onStick('link.bag')))
  rmSync(onStick('link.bag'))
  symlinkSync(secret, onStick('link.bag'))
  appendFileSync(onStick('short.bag'), 'x')

  await lab.start({ role: 'operator' })
  expect(await lab.files()).toEqual([])
  const taken = await courier(lab, 'import', stick)
  expect(taken).toMatchObject({ code: 1, view: { state: 'done', doneFiles: 1, leftOutFiles: 3 } })
  expect(taken.view?.records?.added).toBeGreaterThan(0)
  expect(taken.view?.leftOut.map(({ name }) => name).toSorted()).toEqual(['link.bag', 'right.bag', 'short.bag'])
  const shares = await lab.files()
  expect(shares.map(({ name }) => name).toSorted()).toEqual(['left.bag', 'link.bag', 'right.bag', 'short.bag'])
  const left = shares.find(({ name }) => name === 'left.bag')
  expect(left).toMatchObject({ local: true, originName: 'field' })
  const read = await run(['cat', left?.cid ?? '', '--home', lab.home])
  expect(Buffer.from(read.stdout, 'latin1')).toEqual(bytes)
  // Again: nothing new.
  expect(await courier(lab, 'import', stick)).toMatchObject({ view: { doneFiles: 0, knownFiles: 1, leftOutFiles: 3 } })
}, 300_000)

test('what no courier wrote is refused, and so is another swarm', async () => {
  expect(await courier(lab, 'import', folder.path)).toMatchObject({ code: 1, view: { error: { code: 'NOT_FOUND' } } })
  expect(await courier(lab, 'import', join(folder.path, 'nothing'))).toMatchObject({
    view: { error: { code: 'NOT_FOUND' } },
  })
  const path = join(stick, 'dt-swarm-courier.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...manifest, swarm: 'bafyreiother' }))
  expect(await courier(lab, 'import', stick)).toMatchObject({ view: { error: { code: 'INVALID_INPUT' } } })
  writeFileSync(path, '{"v":1')
  expect(await courier(lab, 'import', stick)).toMatchObject({ view: { error: { code: 'INVALID_INPUT' } } })
}, 120_000)
