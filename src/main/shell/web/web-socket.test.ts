import { createHash } from 'node:crypto'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { maxPieceItems } from '../../../shared/contract/live.ts'
import type { Cid } from '../../../shared/ids.ts'
import { machine, peerB } from '../api/testing/memory-peer.ts'
import { closing, WebRig } from './testing/web-rig.ts'

let rig: WebRig
beforeEach(async () => {
  rig = await WebRig.start()
})
afterEach(() => rig.stop())

test('the WebSocket carries calls and live data, and leaves nothing behind', async () => {
  const socket = await rig.openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  await expect(client.fleet.get({ peer: peerB })).rejects.toMatchObject({ code: 'NOT_FOUND', defined: true })
  const events = await client.fleet.watch()
  expect((await events.next()).value).toMatchObject({ type: 'snapshot' })
  rig.peer.machines.set(peerB, machine(peerB, 'duckie02'))
  rig.peer.machineEvents.emit('machines:changed', { peers: [peerB] })
  expect((await events.next()).value).toMatchObject({ changed: [{ name: 'duckie02' }] })
  await client.files.watch()
  await events.return?.()
  socket.close()
  await expect.poll(() => rig.peer.listenerCount).toBe(0)
})

test.each([
  ['text that is no JSON', 'hello', 1008, 'bad-json'],
  ['JSON that is no message', '{"a":1}', 1008, 'bad-message'],
  ['bytes', Buffer.from([1, 2, 3]), 1008, 'binary-frame'],
  ['a frame that is too large', 'x'.repeat(1_100_000), 1009, 'frame-too-large'],
])('a socket that sends %s is cut off with a reason; others go on', async (_, frame, code, reason) => {
  const [bad, good] = [await rig.openSocket(), await rig.openSocket()]
  const closed = closing(bad)
  bad.send(frame)
  expect(await closed).toMatchObject({ code })
  expect(rig.peer.counters.get(`web.refused:${reason}`)).toBe(1)
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: good as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  good.close()
})

test('a message of the right form with a nonsense body is answered, not cut', async () => {
  const socket = await rig.openSocket()
  const answers: string[] = []
  socket.on('message', (data: Buffer) => answers.push(data.toString()))
  socket.send(JSON.stringify({ i: '1', p: { u: '/fleet/get', b: { json: { peer: 7 }, meta: [] } } }))
  socket.send(JSON.stringify({ i: '2', p: { u: '/no/such/call', b: { json: {} } } }))
  socket.send(JSON.stringify({ i: '3', p: { u: '/fleet/get', b: 'garbage' } }))
  socket.send(JSON.stringify({ i: '4', p: { u: '/fleet/get', b: { json: {}, meta: [[99, 'a', '__proto__', 'x']] } } }))
  await expect.poll(() => answers.length).toBe(4)
  expect(answers.join()).not.toMatch(/node_modules|at .*\.ts:/)
  socket.close()
})

test('a reader that takes nothing is cut off before it costs much memory', async () => {
  for (let n = 0; n < 1_000; n += 1) {
    const id = `${peerB.slice(0, -4)}${String(n).padStart(4, '1').replaceAll('0', 'z')}` as typeof peerB
    rig.peer.machines.set(id, machine(id, `duckie${n}`))
  }
  const socket = await rig.openSocket()
  const closed = new Promise((done) => socket.once('close', done))
  socket.pause()
  for (let call = 0; call < 100; call += 1)
    socket.send(JSON.stringify({ i: String(call), p: { u: '/fleet/list', b: {} } }))
  await expect.poll(() => rig.peer.counters.get('web.refused:slow-reader'), { timeout: 20_000 }).toBe(1)
  socket.resume()
  await closed
  const other = await rig.openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: other as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  other.close()
})

/** As many files as one drop may bring, with names as long as folders make them: 24 MB. */
function shareMany(of: WebRig): void {
  for (let n = 0; n < 20_000; n += 1) {
    const cid = CID.createV1(0x55, digestOf(0x12, createHash('sha256').update(String(n)).digest())).toString() as Cid
    of.peer.files.contents.set(cid, Buffer.from('x'))
    of.peer.files.names.set(cid, `many/d${n % 40}/${'n'.repeat(700)}${n}.txt`)
  }
}

test('20,000 files reach a reader that takes nothing for a while, other answers besides, and little waits for it', async () => {
  shareMany(rig)
  const made = vi.spyOn(rig.peer.files.shares, 'get')
  const socket = await rig.openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  const events = await client.files.watch()
  const seen = new Set<string>()
  const take = async (): Promise<number> => {
    const { value: event, done } = await events.next()
    if (done === true || event.type === 'changes') throw new Error('a part of the snapshot was expected')
    expect(event.items.length).toBeLessThanOrEqual(maxPieceItems)
    for (const { cid } of event.items) seen.add(cid)
    return event.left
  }
  let left = await take()
  expect(left).toBe(20_000 - maxPieceItems)
  socket.pause()
  // What is made goes on until the kernel's buffers are full, then stands still, the list being far from its end.
  let before = -1
  const standsStill = (): boolean => {
    const now = made.mock.calls.length
    const still = now === before
    before = now
    return still
  }
  await expect.poll(standsStill, { timeout: 30_000, interval: 500 }).toBe(true)
  expect(made.mock.calls.length).toBeLessThan(19_000)
  const info = client.system.info()
  socket.resume()
  while (left > 0) left = await take()
  expect(seen.size).toBe(20_000)
  expect(await info).toMatchObject({ name: 'laptop' })
  expect(rig.peer.counters.get('web.refused:slow-reader')).toBe(0)
  await events.return?.()
  socket.close()
})

test('whoever takes one long answer may ask for something else meanwhile', async () => {
  shareMany(rig)
  const socket = await rig.openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  const matching = vi.spyOn(rig.peer.files.shares, 'matching')
  const status = vi.spyOn(rig.peer.files, 'storage')
  socket.pause()
  const list = client.files.list()
  const others = new Set<string>()
  await expect.poll(() => matching.mock.calls.length, { timeout: 30_000 }).toBe(1)
  // One after the other: the list is still being written when the first of them is answered, and waits at the last.
  for (let call = 1; call <= 5; call += 1) {
    void client.files.storage().then(({ keptFiles }) => others.add(`${call}: ${keptFiles}`))
    await expect.poll(() => status.mock.calls.length, { timeout: 30_000, interval: 200 }).toBe(call)
  }
  socket.resume()
  expect(await list).toHaveLength(20_000)
  await expect.poll(() => others.size).toBe(5)
  expect(await client.files.storage()).toMatchObject({ keptFiles: 20_000 })
  socket.close()
})
