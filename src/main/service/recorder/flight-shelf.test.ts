import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { flightId } from '../../../shared/recorder-views.ts'
import { FakeClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { SwarmClock } from '../../base/swarm-clock.ts'
import { identityOfSeed } from '../../store/identity-store.ts'
import { makeFlightFolder } from './flight-folder.ts'
import type { Flight } from './flight-maker.ts'
import { FlightShelf } from './flight-shelf.ts'

const hourMs = 60 * 60_000
const self = identityOfSeed(new Uint8Array(32)).peerId
const another = identityOfSeed(new Uint8Array(32).fill(1)).peerId
let place: string
let home: string
let share: string
let clock: SwarmClock
let system: FakeClock
let shelf: FlightShelf

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'shelf-'))
  home = join(place, 'home')
  share = join(place, 'share')
  mkdirSync(home)
  mkdirSync(share)
  system = new FakeClock()
  clock = new SwarmClock(system, { offsetMs: 0, source: 'own', peers: 0, reason: '' })
  await open()
})
afterEach(() => rmSync(place, { recursive: true }))

async function open(): Promise<void> {
  shelf = new FlightShelf({ clock, counters: new Counters(), log: silentLog }, { home, self })
  await shelf.open(share)
}

/** As `FlightMaker` leaves it. */
function lay(n: number, peer = self): Flight {
  const atMs = clock.now() + n * hourMs
  const id = flightId('mark', atMs)
  const about = { id, cause: 'mark' as const, words: `${n}`, atMs, minutes: 5, leftOut: [] }
  const folder = join(share, 'flight', id)
  mkdirSync(folder, { recursive: true })
  const document = JSON.stringify({ v: 1, ...about, peer, files: [{ name: 'a.log', problem: 'it is short' }] })
  writeFileSync(join(folder, 'flight.json'), document)
  writeFileSync(join(folder, 'a.log'), 'x\n')
  const files = [
    { name: 'a.log', sizeBytes: 2, problem: 'it is short' },
    { name: 'flight.json', sizeBytes: document.length, problem: null },
  ]
  return { ...about, files, sizeBytes: document.length + 2 }
}

async function save(n: number): Promise<Flight> {
  const flight = lay(n)
  await shelf.add(flight, share)
  return flight
}

const words = (): readonly string[] => shelf.flights.map((flight) => flight.words)

it('flights that were forgotten are found again, and the oldest go when there is no room; those of others stay', async () => {
  const forgotten = [lay(2), lay(1), lay(0)]
  const theirs = lay(-1, another)
  mkdirSync(join(share, 'flight', 'my own'))
  mkdirSync(join(share, 'flight', '2020-01-01_00-00-00Z-mark'))
  await open()
  expect(
    shelf.flights.map((one) => ({ ...one, files: one.files.toSorted((a, b) => (a.name < b.name ? -1 : 1)) })),
  ).toEqual(forgotten)
  expect(shelf.flown.map(({ atMs }) => atMs)).toEqual(forgotten.map(({ atMs }) => atMs))
  // Killed before it was noted.
  lay(3)
  for (let n = 4; n < 26; n++) await save(n)
  const newest = Array.from({ length: 22 }, (_, n) => `${25 - n}`)
  expect(words().slice(0, 22)).toEqual(newest)
  expect(words()).toHaveLength(24)
  expect(readdirSync(join(share, 'flight'))).toHaveLength(24 + 3)
  expect(readdirSync(join(share, 'flight'))).toEqual(expect.arrayContaining([theirs.id, 'my own']))
})

it('flights of the share folder of before make room as well, and those that were moved with it count once', async () => {
  for (let n = 0; n < 20; n++) await save(n)
  const before = share
  share = join(place, 'other')
  for (let n = 20; n < 30; n++) await save(n)
  expect(readdirSync(join(before, 'flight'))).toHaveLength(14)
  for (const id of readdirSync(join(before, 'flight')))
    renameSync(join(before, 'flight', id), join(share, 'flight', id))
  await open()
  await save(30)
  expect(new Set(words()).size).toBe(24)
  expect(words()).toHaveLength(24)
  expect(readdirSync(join(share, 'flight'))).toHaveLength(24)
})

it('of hidden names only what a peer that died was filling is removed', async () => {
  for (const name of ['.flight-2030-01-01_00-00-00Z-mark', '.flight-plans']) mkdirSync(join(share, name))
  writeFileSync(join(share, '.flight-plan.md'), 'mine')
  await open()
  expect(readdirSync(share).toSorted()).toEqual(['.flight-plan.md', '.flight-plans'])
})

it('nothing is written or removed through a link that stands where flights belong', async () => {
  for (let n = 0; n < 24; n++) await save(n)
  const elsewhere = join(place, 'elsewhere')
  renameSync(join(share, 'flight'), elsewhere)
  symlinkSync(elsewhere, join(share, 'flight'))
  await expect(makeFlightFolder(share)).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('is a link'),
  })
  const there = readdirSync(elsewhere)
  await shelf.add({ ...lay(23), id: flightId('mark', 0) }, share)
  expect(readdirSync(elsewhere)).toEqual(there)
})

it('notes how far the clock is off, when that changes by much', async () => {
  const noted = (): unknown => JSON.parse(readFileSync(join(home, 'recorder.json'), 'utf8')).offsetMs
  shelf.save(true)
  for (const [offsetMs, expected] of [
    [5_000, 0],
    [hourMs, hourMs],
  ] as const) {
    clock.set({ offsetMs, source: 'swarm', peers: 2, reason: '' })
    shelf.noteOffset()
    expect(noted()).toBe(expected)
  }
  await open()
  expect(shelf.offsetBeforeMs).toBe(hourMs)
})
