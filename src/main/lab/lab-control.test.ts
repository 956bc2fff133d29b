import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLog } from '../base/log.ts'
import { LabControl } from './lab-control.ts'

let folder: string
let control: LabControl
/** Robots are processes that load a whole peer. */
const soon = { timeout: 60_000, interval: 50 }
const states = (): string[] => control.status().robots.map(({ state }) => state)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-lab-'))
  control = new LabControl(
    { log: silentLog },
    { home: join(folder, 'lab'), seed: 1, version: '0.0.0', bootstrap: () => [] },
  )
})

afterEach(async () => {
  await control.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('two wishes at once make one lab, of the number wished last', async () => {
  await Promise.all([control.start(2), control.start(1)])
  await vi.waitFor(() => expect(states()).toEqual(['running']), soon)
  const [robot] = control.status().robots
  // The same wish again changes nothing.
  expect((await control.start(1)).robots).toEqual([robot])
}, 90_000)

test('a lab that is stopped and started again has the same robot', async () => {
  await control.start(1)
  await vi.waitFor(() => expect(states()).toEqual(['running']), soon)
  const peer = control.status().robots[0]?.peer
  expect(await control.stop()).toEqual({ running: false, robots: [] })
  await control.start(1)
  await vi.waitFor(() => expect(control.status().robots).toMatchObject([{ state: 'running', peer }]), soon)
}, 90_000)

test('a stop right after the start leaves no robot', async () => {
  await Promise.all([control.start(2), control.stop()])
  expect(control.status()).toEqual({ running: false, robots: [] })
})

test.each([0, 51, 1.5])('%s robots are refused', async (robots) => {
  await expect(control.start(robots)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('a folder that cannot be made is told, and the next try works', async () => {
  writeFileSync(join(folder, 'lab'), 'in the way')
  await expect(control.start(1)).rejects.toMatchObject({ name: 'SwarmError' })
  expect(control.status()).toEqual({ running: false, robots: [] })
  rmSync(join(folder, 'lab'))
  await control.start(1)
  await vi.waitFor(() => expect(states()).toEqual(['running']), soon)
}, 90_000)

test('robots are given a way in, which is closed with the lab, and what keeps them out is told', async () => {
  const told: string[] = []
  let why: string | null = 'This peer is a stranger.'
  const admission = (robots: number) => {
    told.push(`for ${robots}`)
    return { link: 'dt-swarm://join/x', notAdmitted: () => why, close: () => void told.push('closed') }
  }
  const init = { home: join(folder, 'lab'), seed: 1, version: '0.0.0', bootstrap: () => [], admission }
  const own = new LabControl({ log: silentLog }, init)
  expect(own.warnings()).toEqual([])
  await own.start(1)
  expect(own.warnings()).toEqual([{ code: 'LAB_NOT_ADMITTED', message: 'This peer is a stranger.' }])
  why = null
  expect(own.warnings()).toEqual([])
  // A link that is none keeps the robot from starting, which is told as any other failure.
  await vi.waitFor(() => expect(own.status().robots[0]?.error).toMatch(/no invite|cut or damaged/), soon)
  await own.stop()
  expect(told).toEqual(['for 1', 'closed'])
}, 90_000)
