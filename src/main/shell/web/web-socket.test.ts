import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
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
