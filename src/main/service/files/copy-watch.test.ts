import { afterEach, expect, it, vi } from 'vitest'
import type { Cid, PeerId, RecordId } from '../../../shared/ids.ts'
import { FakeClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import { anyKeeper, CopyWatch } from './copy-watch.ts'
import type { ShareFact } from './share-view.ts'

const run = 'bafyrun' as Cid
const other = 'bafyother' as Cid
const duckie = '12D3KooWDuckie' as PeerId
const server = '12D3KooWServer' as PeerId
const self = '12D3KooWSelf' as PeerId
const running: CopyWatch[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((watch) => watch.stop()))
})

function fact(author: PeerId, kind: 'share' | 'copy', name = 'run-17.bag'): ShareFact {
  const facts = { name, mediaType: '', modifiedAtMs: 1, sharedAtMs: 1, simulated: false, sha1: null, channel: null }
  const value = kind === 'copy' ? { kind, sizeBytes: 1 } : { kind, sizeBytes: 1, ...facts, log: null }
  const recordId = `${author}-${kind}-${name}` as RecordId
  const evidence = { fact: 'file', recordId, author, seq: 1, how: 'direct', from: null, receivedAtMs: 1 } as const
  return {
    id: recordId,
    author,
    validUntilMs: 1e15,
    value,
    evidence: { ...evidence, validFromMs: 1, validUntilMs: 1e15, rule: '' },
  }
}

async function rig() {
  const clock = new FakeClock()
  const said = new Map<Cid, readonly ShareFact[]>()
  const keepers = new Map<PeerId, Partial<Keeper>>()
  const pinned = new Map<Cid, readonly string[]>()
  const hidden = new Set<Cid>()
  const told: Cid[][] = []
  let asked = 0
  const watch = new CopyWatch({
    self,
    shares: { said: (cid) => said.get(cid) ?? [] },
    keeperOf: (peer) => {
      asked += 1
      return { ...anyKeeper, name: peer.slice(8).toLowerCase(), status: 'alive', silentMs: 0, ...keepers.get(peer) }
    },
    pinnedAt: (cid) => pinned.get(cid) ?? [],
    isShown: (cid) => !hidden.has(cid),
    changed: (cids) => told.push([...cids]),
    clock,
    log: silentLog,
  })
  running.push(watch)
  await watch.start()
  const say = (cid: Cid, ...facts: readonly ShareFact[]): void => {
    said.set(cid, facts)
    watch.heard([cid])
  }
  return { clock, watch, keepers, pinned, hidden, told, say, asked: () => asked }
}

it('a battery that runs low makes the only copy a file in danger, and a second copy ends it', async () => {
  const { clock, watch, keepers, told, say } = await rig()
  say(run, fact(duckie, 'share'))
  say(other, fact(server, 'share', 'other.bag'))
  expect(watch.of(run)).toMatchObject({ risk: 'low', why: 'only copy, on duckie' })
  expect(watch.warnings()).toEqual([])
  keepers.set(duckie, { batteryPercent: 12 })
  await clock.advance(5_000)
  expect(told).toEqual([[run]])
  expect(watch.of(run)).toMatchObject({ risk: 'high', why: 'only copy, on duckie, battery 12 %' })
  expect(watch.warnings()).toEqual([
    {
      code: 'COPIES_AT_RISK',
      message:
        '1 file is in danger of being lost, run-17.bag: only copy, on duckie, battery 12 %. Rescue what can be had while its holders are up: on the Logs page, or with "dt-swarm rescue --all".',
    },
  ])
  say(run, fact(duckie, 'share'), fact(server, 'copy'))
  expect(watch.of(run)).toMatchObject({ copies: 2, risk: 'none' })
  expect(watch.warnings()).toEqual([])
})

it('of many in danger one line tells how many, and the newest that can still be saved', async () => {
  const { watch, keepers, hidden, say } = await rig()
  keepers.set(server, { status: 'gone', silentMs: 3 * 3_600_000 })
  say(other, fact(server, 'share', 'other.bag'))
  expect(watch.warnings()[0]?.message).toMatch(/^1 file is out of reach, other\.bag: only copy.*silent for 3 h\./)
  keepers.set(duckie, { batteryPercent: 3 })
  say(run, fact(duckie, 'share'))
  const secret = 'bafysecret' as Cid
  hidden.add(secret)
  say(secret, fact(duckie, 'share', 'secret.bag'))
  expect(watch.warnings()).toHaveLength(1)
  expect(watch.warnings()[0]?.message).toMatch(/^2 files are in danger of being lost, such as run-17\.bag: only copy/)
})

it('a pin at a service counts as a safe copy', async () => {
  const { watch, pinned, say } = await rig()
  say(run, fact(duckie, 'share'))
  pinned.set(run, ['pinata'])
  watch.heard([run])
  expect(watch.of(run)).toMatchObject({ copies: 2, aliveCopies: 2, risk: 'none' })
})

it('a file that nobody shares any more is forgotten, with who held it', async () => {
  const { clock, watch, keepers, told, say, asked } = await rig()
  keepers.set(duckie, { batteryPercent: 3 })
  say(run, fact(duckie, 'share'), fact(server, 'copy'))
  say(run, fact(server, 'copy'))
  expect(watch.warnings()).toEqual([])
  const before = asked()
  await clock.advance(20_000)
  expect(asked()).toBe(before)
  expect(told).toEqual([])
})

it('of a file that nobody shares any more this peer knows how safe it is as long as it holds it itself', async () => {
  const { watch, say } = await rig()
  say(run, fact(duckie, 'share'), fact(self, 'copy'), fact(server, 'copy'))
  say(run, fact(self, 'copy'), fact(server, 'copy'))
  expect(watch.of(run)).toMatchObject({ copies: 2, aliveCopies: 2, risk: 'none' })
})

it('20,000 files of a hundred machines are looked at once a change, not once a question', async () => {
  const { clock, watch, keepers, told, say, asked } = await rig()
  const peers = Array.from({ length: 100 }, (_, n) => `12D3KooWp${n}` as PeerId)
  for (let n = 0; n < 20_000; n += 1) {
    say(`bafy${n}` as Cid, fact(peers[n % 100] ?? duckie, 'share', `f${n}`))
  }
  expect(asked()).toBe(100)
  for (let n = 0; n < 20_000; n += 1) watch.of(`bafy${n}` as Cid)
  expect(asked()).toBe(100)
  // A beacon that is late changes nothing.
  keepers.set(peers[6] ?? duckie, { status: 'suspect' })
  keepers.set(peers[7] ?? duckie, { status: 'gone', silentMs: 60_000 })
  await clock.advance(5_000)
  expect(asked()).toBe(200)
  expect(told.map((cids) => cids.length)).toEqual([200])
})

it('of one machine that holds very many the files are judged bit by bit, those that are gone meanwhile left out', async () => {
  const { clock, watch, keepers, told, say } = await rig()
  const cids = Array.from({ length: 1_200 }, (_, n) => `bafy${n}` as Cid)
  for (const cid of cids) say(cid, fact(duckie, 'share', cid))
  keepers.set(duckie, { batteryPercent: 12 })
  await clock.advance(5_000)
  expect(told.map((some) => some.length)).toEqual([500])
  say('bafy1199' as Cid)
  await vi.waitFor(() => expect(told.flat()).toEqual(cids.slice(0, 1_199)))
  expect(told.map((some) => some.length)).toEqual([500, 500, 199])
  expect(watch.of('bafy1198' as Cid)).toMatchObject({ risk: 'high' })
})
