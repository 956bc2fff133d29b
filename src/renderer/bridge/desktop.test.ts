import { RPCHandler } from '@orpc/server/message-port'
import { implement } from '@orpc/server'
import { afterEach, expect, test, vi } from 'vitest'
import { contract } from '../../shared/contract/contract.ts'
import { takenWord } from '../../shared/port-words.ts'
import { fakeSettings } from '../testing/fake-views.ts'
import type { Bridge } from './bridge.ts'
import { connectDesktop } from './desktop.ts'

let bridge: Bridge | null = null
let served: MessagePort[] = []
/** How often the page has said so. */
let taken = 0

afterEach(() => {
  bridge?.stop()
  for (const port of served) port.close()
  served = []
})

const router = { settings: { get: implement(contract).settings.get.handler(() => fakeSettings) } }

/** What main and the preload script do: hand the window one end of a fresh channel. */
function handPort(source: MessageEventSource | null = window): void {
  const { port1, port2 } = new MessageChannel()
  // Main keeps this word from the handler of calls, as here.
  port1.addEventListener('message', (event) => {
    if (event.data !== takenWord) return
    taken += 1
    event.stopImmediatePropagation()
  })
  new RPCHandler(router).upgrade(port1, { context: {} })
  port1.start()
  served.push(port1)
  const event = new MessageEvent('message', { data: 'dt-swarm:port', source })
  Object.defineProperty(event, 'ports', { value: [port2] })
  window.dispatchEvent(event)
}

const desktop = {
  connect: () => handPort(),
  shareFiles: (files: File[]) => Promise.resolve({ accepted: files.length, rejected: [] }),
  importCheckpoint: () => Promise.resolve({ problem: { code: 'INVALID_INPUT', message: 'it is of another swarm' } }),
}

test('asks for a port and calls over it', async () => {
  bridge = connectDesktop(desktop)
  expect(bridge.connection.getState().phase).toBe('open')
  await expect(bridge.api.settings.get()).resolves.toEqual(fakeSettings)
})

test('says of each message that it has taken it, so that main goes on with a long answer', async () => {
  bridge = connectDesktop(desktop)
  taken = 0
  await bridge.api.settings.get()
  await bridge.api.settings.get()
  await vi.waitFor(() => expect(taken).toBe(2))
})

test('a checkpoint that main refuses is an error with its code', async () => {
  bridge = connectDesktop(desktop)
  await expect(bridge.importCheckpoint(new File([], 'swarm.car'))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: 'it is of another swarm',
  })
})

test('takes no port from another window', () => {
  bridge = connectDesktop({ ...desktop, connect: () => handPort(null) })
  expect(bridge.connection.getState().phase).toBe('connecting')
})

test('says that the line is lost when main closes the port, and works again over a fresh one', async () => {
  bridge = connectDesktop(desktop)
  const { connection } = bridge
  served[0]?.close()
  await vi.waitFor(() => expect(connection.getState().phase).toBe('lost'))
  await expect(bridge.api.settings.get()).rejects.toThrow(/the line to the peer is down/)
  bridge.reconnect()
  expect(connection.getState().phase).toBe('open')
  await expect(bridge.api.settings.get()).resolves.toEqual(fakeSettings)
})
