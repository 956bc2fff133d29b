import { createRouterClient } from '@orpc/server'
import { expect, test, vi } from 'vitest'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type { EvidenceView } from '../../../shared/views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { createContext } from './context.ts'
import { createRouter } from './router.ts'
import type { ShellActions } from './shell-actions.ts'
import { bareShell, machine, MemoryPeer, peerA, peerB } from './testing/memory-peer.ts'

function world(shell: ShellActions = bareShell) {
  const peer = new MemoryPeer()
  const client = createRouterClient(createRouter(peer, shell), { context: createContext() })
  return { peer, client }
}

test('info joins what the peer is with what its shell can do', async () => {
  const { client } = world()
  expect(await client.system.info()).toMatchObject({ peer: peerA, web: null, can: { lab: false } })
})

test('a SwarmError keeps its code and message', async () => {
  const { client } = world()
  await expect(client.fleet.get({ peer: peerB })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    status: 404,
    defined: true,
    message: expect.stringContaining(peerB) as string,
  })
  await expect(client.lab.start({ robots: 2 })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

test('bad input is refused with the name of the field', async () => {
  const { client } = world()
  await expect(client.fleet.get({ peer: 'duckie01' as PeerId })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: 'fleet.get: peer: a peer id: 12D3KooW…',
  })
})

test('an error that nobody foresaw is INTERNAL, says nothing of its inside, and is counted', async () => {
  const { peer, client } = world()
  Object.assign(peer.membership, {
    list: () => {
      throw new TypeError('secret is undefined at /root/x')
    },
  })
  const error = await client.fleet.list().catch((e: unknown) => e)
  expect(error).toMatchObject({
    code: 'INTERNAL',
    message: 'fleet.list failed inside this peer; its log has the details',
  })
  expect(JSON.stringify(error)).not.toContain('secret')
  expect(peer.counters.get('api.failed:internal')).toBe(1)
})

test('a code that the contract does not declare travels as INTERNAL with its message', async () => {
  const { peer, client } = world()
  Object.assign(peer.settings, {
    update: () => {
      throw new SwarmError('ADDRESS_IN_USE', 'port 4040 is taken')
    },
  })
  await expect(client.settings.update({ name: 'x' })).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'port 4040 is taken',
    data: { code: 'ADDRESS_IN_USE' },
  })
})

test('the fleet, live: snapshot, change, departure; nothing is left when the reader goes', async () => {
  const { peer, client } = world()
  const controller = new AbortController()
  const events = await client.fleet.watch(undefined, { signal: controller.signal })
  expect((await events.next()).value).toMatchObject({ type: 'snapshot', items: [{ name: 'laptop' }] })
  peer.machines.set(peerB, machine(peerB, 'duckie02'))
  peer.machineEvents.emit('machines:changed', { peers: [peerB] })
  expect((await events.next()).value).toMatchObject({ type: 'changes', changed: [{ name: 'duckie02' }], removed: [] })
  await client.fleet.forget({ peer: peerB })
  expect((await events.next()).value).toMatchObject({ type: 'changes', changed: [], removed: [peerB] })
  const last = events.next()
  controller.abort()
  expect((await last).done).toBe(true)
  expect(peer.listenerCount).toBe(0)
})

test('the health of one machine does not wake the watchers of another', async () => {
  const { peer, client } = world()
  const events = await client.diagnostics.watch({ peer: peerB })
  const next = events.next()
  await expect.poll(() => peer.healthEvents.listenerCount).toBe(1)
  const health = {
    atMs: 1,
    values: { cpuPercent: 7 },
    batteryCharging: null,
    memoryTotalBytes: null,
    diskTotalBytes: null,
    diskFreeBytes: null,
    uptimeS: null,
    notes: [],
  }
  peer.healthEvents.emit('health:heard', { peer: peerA, health })
  peer.healthEvents.emit('health:heard', { peer: peerB, health: { ...health, atMs: 2 } })
  expect((await next).value).toMatchObject({ atMs: 2 })
  await events.return?.()
  expect(peer.listenerCount).toBe(0)
})

test('fetching to a place of choice asks the shell; a cancelled dialog fetches nothing', async () => {
  const asked: string[] = []
  let place: string | null = null
  const shell: ShellActions = {
    ...bareShell,
    can: { openFolder: true, choosePlace: true, lab: false, join: false },
    askFolder: async () => null,
    askSavePlace: async (name) => {
      asked.push(name)
      return place
    },
  }
  const { peer, client } = world(shell)
  const cid = peer.files.put('run.log', Buffer.from('hello'))
  expect(await client.files.fetch({ cid, to: 'ask' })).toBeNull()
  place = '/tmp/run.log'
  expect(await client.files.fetch({ cid, to: 'ask' })).toMatchObject({ cid })
  expect(asked).toEqual(['run.log', 'run.log'])
  expect(peer.files.asked).toEqual([['fetch', cid, { to: { path: '/tmp/run.log' }, priority: 'normal' }]])
  await expect(world().client.files.fetch({ cid, to: 'ask' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

test('files are found by name, robot or CID', async () => {
  const { peer, client } = world()
  const cid = peer.files.put('Run-17.mcap', Buffer.from('a'))
  peer.files.put('other.txt', Buffer.from('b'))
  for (const search of ['run-17', cid.slice(0, 30)]) {
    expect((await client.files.list({ search })).map((share) => share.name)).toEqual(['Run-17.mcap'])
  }
  expect(await client.files.list({ search: 'LAPTOP' })).toHaveLength(2)
  expect(await client.files.list({ origin: peerB })).toEqual([])
})

test('a file by itself comes with the records behind it; of one that nobody shares it is said so', async () => {
  const { peer, client } = world()
  const cid = peer.files.put('run.log', Buffer.from('a'))
  const evidence = { recordId: `bafyrei${'a'.repeat(52)}` as RecordId, fact: 'file', author: peerB } as EvidenceView
  vi.spyOn(peer.files.shares, 'evidence').mockReturnValue([
    {
      ...evidence,
      seq: 1,
      how: 'self',
      from: null,
      fromName: null,
      receivedAtMs: 1,
      validFromMs: 1,
      validUntilMs: 2,
      rule: '',
    },
  ])
  expect(await client.files.get({ cid })).toMatchObject({ name: 'run.log', evidence: [{ author: peerB }] })
  expect((await client.files.list())[0]).not.toHaveProperty('evidence')
  peer.files.contents.delete(cid)
  await expect(client.files.get({ cid })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('records come in pages that join without gap or repeat', async () => {
  const { peer, client } = world()
  const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `bafyrei${letter.repeat(52)}` as RecordId)
  for (const [n, id] of ids.entries()) {
    peer.records.push({
      record: {
        id,
        body: {
          v: 1,
          bucket: n < 3 ? 'machines' : 'files',
          key: 'k',
          value: { raw: new Uint8Array([1, 2]), '/': 'x' },
          author: peerB,
          seq: n,
          validFrom: Date.now() - 1_000,
          validUntil: Date.now() + 60_000,
        },
        bytes: new Uint8Array(),
        signature: new Uint8Array(),
        attestations: [],
      },
      arrival: { via: 'caught-up', from: peerB, channel: 'stream', receivedAtMs: 5, hops: 2 },
      sizeBytes: 9,
    })
  }
  const seen: string[] = []
  let after: string | undefined
  for (let page = 0; page < 10; page += 1) {
    const answer = await client.records.list({ limit: 2, ...(after === undefined ? {} : { after }) })
    seen.push(...answer.records.map((record) => record.id))
    if (answer.next === null) break
    after = answer.next
  }
  expect(seen).toEqual(ids)
  const one = (await client.records.list({ bucket: 'files', limit: 1 })).records[0]
  expect(one).toMatchObject({ how: 'caught-up', state: 'accepted', value: { raw: { '/': { bytes: 'AQI' } } } })
  await expect(client.records.list({ bucket: 'nope', limit: 1 })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(client.records.list({ after: 'x:y', limit: 1 })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})
