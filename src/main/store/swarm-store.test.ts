import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { signRecord, verifyRecord } from '../model/record.ts'
import { identityOfSeed } from './identity-store.ts'
import { readSwarm, writeSwarm } from './swarm-file.ts'
import { openSwarm } from './swarm-store.ts'

const identity = identityOfSeed(new Uint8Array(32).fill(7))
const clock = new FakeClock(Date.UTC(2026, 5, 1))
const deps = { identity, clock, log: silentLog }
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-swarm-'))
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

describe('the swarm of a home', () => {
  it('is founded once, with this peer as its only root key', () => {
    const { anchor, rootRecord, networkKey } = openSwarm(home, deps, { name: 'lab' }).get()
    expect(rootRecord === null ? false : verifyRecord(rootRecord, anchor.swarm)).toBe(true)
    expect(rootRecord?.id).toBe(anchor.swarm)
    expect(rootRecord?.body.value).toEqual({ version: 1, name: 'lab', keys: [identity.publicKey], threshold: 1 })
    expect(networkKey).toBeNull()
    expect(openSwarm(home, deps, { name: 'another' }).get()).toEqual(openSwarm(home, deps).get())
    expect(openSwarm(home, deps).get().anchor).toEqual(anchor)
  })

  it('is not founded in 1970', () => {
    const { rootRecord } = openSwarm(home, { ...deps, clock: new FakeClock(1_000) }).get()
    expect(rootRecord?.body.validFrom).toBe(Date.UTC(2026, 0, 1))
  })

  it('keeps its network key from other users', () => {
    const networkKey = new Uint8Array(32).fill(9)
    openSwarm(home, deps, { networkKey })
    expect(statSync(join(home, 'swarm.json')).mode & 0o777).toBe(0o600)
    expect(readSwarm(home)?.networkKey).toEqual(networkKey)
  })

  it('keeps what was changed', () => {
    const store = openSwarm(home, deps)
    const ask = { role: 'robot' as const, invite: 'abc', proof: new Uint8Array(32).fill(1) }
    store.update({ ask, bootstrap: ['/ip4/192.168.1.2/tcp/4001'], lastTimeMs: 5 })
    expect(openSwarm(home, deps).get()).toEqual(store.get())
    expect(readSwarm(home)?.ask).toEqual(ask)
    expect(() => store.update({ name: '' })).toThrow(/name/)
    expect(store.get().name).toBe('home swarm')
  })

  it('never believes an older root again', () => {
    const store = openSwarm(home, deps)
    const first = store.get()
    const version = (n: number) => {
      const body = first.rootRecord?.body
      if (body === undefined) throw new Error('no root')
      return signRecord({ ...body, value: { ...body.value, version: n }, seq: n }, identity, first.anchor.swarm)
    }
    const third = version(3)
    store.raiseAnchor(third, 3)
    store.raiseAnchor(version(2), 2)
    store.raiseAnchor(version(3), 3)
    const { anchor, rootRecord } = openSwarm(home, deps).get()
    expect(anchor).toEqual({ swarm: first.anchor.swarm, root: third.id, rootVersion: 3 })
    expect(rootRecord).toEqual(third)
  })

  it.each([
    ['cut short', (text: string) => text.slice(0, 100)],
    ['of a later version', (text: string) => text.replace('"v": 1', '"v": 2')],
    ['with another root record', (text: string) => text.replace(/"rootRecord": "...../, '"rootRecord": "AAAAA')],
    ['with half a key', (text: string) => text.replace('"networkKey": null', '"networkKey": "AAAA"')],
  ])('refuses a file that is %s, and leaves it there', (_, damage) => {
    openSwarm(home, deps)
    const path = join(home, 'swarm.json')
    const damaged = damage(readFileSync(path, 'utf8'))
    writeFileSync(path, damaged)
    expect(() => openSwarm(home, deps)).toThrow(expect.objectContaining({ code: 'SWARM_UNREADABLE' }))
    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })

  it('says so when the folder cannot be written', () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere: a file in place of the folder stops it as well as a missing permission.
      writeFileSync(join(home, 'file'), '')
      expect(() => openSwarm(join(home, 'file'), deps)).toThrow(/swarm\.json/)
      return
    }
    chmodSync(home, 0o500)
    expect(() => openSwarm(home, deps)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }))
    chmodSync(home, 0o700)
  })

  it('tells of a damaged file without quoting what is secret in it', () => {
    openSwarm(home, deps, { networkKey: new Uint8Array(32).fill(9) })
    const path = join(home, 'swarm.json')
    const text = readFileSync(path, 'utf8')
    const key = Buffer.from(new Uint8Array(32).fill(9)).toString('base64')
    for (const damaged of [
      text.slice(0, text.indexOf(key) + 20),
      text.replace(key, `${key}, "x"`),
      text.replace(key, 'x'),
    ]) {
      writeFileSync(path, damaged)
      let told = ''
      try {
        openSwarm(home, deps)
      } catch (error) {
        told = inspect(error, { depth: 9 })
      }
      expect(told).toMatch(/SWARM_UNREADABLE/)
      expect(told).not.toContain(key.slice(0, 8))
    }
  })

  it('can be written before any peer has run: joining without a daemon', () => {
    const { anchor } = openSwarm(mkdtempSync(join(home, 'other-')), deps).get()
    writeSwarm(join(home, 'new'), {
      anchor,
      name: 'lab',
      networkKey: null,
      bootstrap: [],
      ask: { role: 'robot', invite: null, proof: null },
      lastTimeMs: 0,
      rootRecord: null,
    })
    expect(openSwarm(join(home, 'new'), deps).get().anchor).toEqual(anchor)
  })
})
