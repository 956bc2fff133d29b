import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import type { RecordId } from '../../shared/ids.ts'
import { openIdentity } from './identity-store.ts'
import { changeSwarm } from './swarm-change.ts'
import { readSwarm, writeSwarm, type SwarmFile } from './swarm-file.ts'
import { foundSwarm } from './swarm-store.ts'

const clock = new FakeClock(Date.UTC(2026, 5, 1))
let home: string
let before: SwarmFile

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-change-'))
  before = foundSwarm(
    { identity: openIdentity({ home }), clock },
    { name: 'lab', networkKey: new Uint8Array(32).fill(1) },
  )
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const linked = (networkKey: Uint8Array | null): SwarmFile => {
  const other = foundSwarm({ identity: openIdentity({ home }), clock }, { name: 'forged' })
  const anchor = { swarm: before.anchor.swarm, root: other.anchor.root as RecordId, rootVersion: 9 }
  const ask = { role: 'robot', invite: 'new', proof: null } as const
  return { ...other, anchor, networkKey, ask, bootstrap: ['/ip4/10.0.0.9/tcp/4040'], rootRecord: null }
}

test.each([
  ['another network key', new Uint8Array(32).fill(2)],
  ['no network key', null],
])('a link for the swarm one is in, with a later root and %s, brings a way in and the ask alone', (_, networkKey) => {
  writeSwarm(home, before)
  const next = linked(networkKey)
  changeSwarm(home, next, { clock, log: silentLog })
  expect(readSwarm(home)).toEqual({ ...before, bootstrap: next.bootstrap, ask: next.ask })
})

test('the invites of a swarm that is left go with it, and come back with it', () => {
  writeSwarm(home, before)
  const path = join(home, 'invites.json')
  writeFileSync(path, '{"invites": "of lab"}')
  const next = foundSwarm({ identity: openIdentity({ home }), clock }, { name: 'other' })
  const change = changeSwarm(home, next, { clock, log: silentLog })
  expect(existsSync(path)).toBe(false)
  const left = readdirSync(join(home, 'left')).filter((name) => name.endsWith('.invites.json'))
  expect(left).toHaveLength(1)
  change.undo()
  expect(readFileSync(path, 'utf8')).toContain('of lab')
  expect(readSwarm(home)).toEqual(before)
})

test('a newcomer that has no root yet may be given a later one, and keeps its key', () => {
  writeSwarm(home, { ...before, rootRecord: null })
  const next = linked(null)
  changeSwarm(home, next, { clock, log: silentLog })
  expect(readSwarm(home)).toMatchObject({ anchor: next.anchor, networkKey: before.networkKey })
})
