import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SwarmError } from '../../shared/errors.ts'
import { FakeClock } from '../base/clock.ts'
import { Counters } from '../base/counters.ts'
import { silentLog } from '../base/log.ts'
import { SettingsStore } from './settings-store.ts'

const schema = z.object({ name: z.string().min(1).max(63), mdns: z.boolean(), listen: z.array(z.string()) })
const defaults = { name: 'peer', mdns: true, listen: [] }
let folder: string
let path: string
let counters: Counters

function open(change: Partial<typeof defaults> = {}): SettingsStore<z.infer<typeof schema>> {
  const init = { path, schema, defaults: { ...defaults, ...change } }
  return new SettingsStore({ clock: new FakeClock(), log: silentLog, counters }, init)
}

function codeOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error instanceof SwarmError ? error.code : error
  }
  return undefined
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-settings-'))
  path = join(folder, 'home', 'settings.json')
  counters = new Counters()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('settings', () => {
  it('are the defaults until some are chosen, and only those are written', () => {
    const settings = open()
    expect(settings.get()).toEqual(defaults)
    expect(settings.update({ name: 'duckie' })).toEqual({ ...defaults, name: 'duckie' })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ name: 'duckie' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    // A later release has another default: it reaches those who did not choose.
    expect(open({ mdns: false }).get()).toEqual({ ...defaults, name: 'duckie', mdns: false })
  })

  it('that nobody could use are refused by name, and change nothing', () => {
    const settings = open()
    settings.update({ name: 'duckie' })
    expect(codeOf(() => settings.update({ name: '' }))).toBe('INVALID_INPUT')
    expect(() => settings.update({ name: '' })).toThrow(/name/)
    expect(settings.get().name).toBe('duckie')
    expect(open().get().name).toBe('duckie')
  })

  it('are replaced as a whole: nothing of a write is left beside the file', () => {
    const settings = open()
    for (let i = 0; i < 20; i++) settings.update({ name: `duckie${i}` })
    expect(readdirSync(join(folder, 'home'))).toEqual(['settings.json'])
    expect(open().get().name).toBe('duckie19')
  })

  it('with names that this release does not know are read without those', () => {
    mkdirSync(join(folder, 'home'))
    writeFileSync(path, JSON.stringify({ name: 'duckie', colour: 'yellow' }))
    expect(open().get()).toEqual({ ...defaults, name: 'duckie' })
    expect(counters.snapshot()).toEqual({})
  })
})

describe('a settings file', () => {
  it.each([
    ['cut', '{"name": "duc'],
    ['empty', ''],
    ['of another shape', '["name"]'],
    ['null', 'null'],
    ['with a value that is not allowed', '{"name": 7}'],
  ])('that is %s is moved aside, counted, and the defaults taken', (_, text) => {
    mkdirSync(join(folder, 'home'))
    writeFileSync(path, text)
    const settings = open()
    expect(settings.get()).toEqual(defaults)
    const aside = readdirSync(join(folder, 'home'))
    expect(aside).toHaveLength(1)
    expect(aside[0]).toMatch(/^settings\.json\.corrupt-/)
    expect(readFileSync(join(folder, 'home', aside[0] ?? ''), 'utf8')).toBe(text)
    expect(counters.get('store.moved-aside:settings')).toBe(1)
    settings.update({ name: 'again' })
    expect(open().get().name).toBe('again')
  })

  it('that cannot be written is an error with a remedy, and the settings stay', () => {
    const settings = open()
    settings.update({ name: 'duckie' })
    const before = readFileSync(path, 'utf8')
    const home = join(folder, 'home')
    if (process.getuid?.() === 0) {
      // Root may write anywhere: a file in place of the folder stops it as well as a missing permission.
      rmSync(home, { recursive: true })
      writeFileSync(home, '')
      expect(codeOf(() => settings.update({ name: 'other' }))).not.toBeUndefined()
    } else {
      chmodSync(home, 0o500)
      expect(codeOf(() => settings.update({ name: 'other' }))).toBe('PERMISSION_DENIED')
      expect(readFileSync(path, 'utf8')).toBe(before)
      chmodSync(home, 0o700)
    }
    expect(settings.get().name).toBe('duckie')
  })
})
