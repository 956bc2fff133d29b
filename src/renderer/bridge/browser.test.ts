import { implement } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { contract } from '../../shared/contract/contract.ts'
import { fakeSettings } from '../testing/fake-views.ts'
import { openAtServer, useRealNetwork, type RealServer } from '../testing/real-server.ts'
import type { Bridge } from './bridge.ts'
import { connectBrowser } from './browser.ts'

let bridge: Bridge | null = null
let server: RealServer | null = null

afterEach(async () => {
  bridge?.stop()
  await server?.close()
  server = null
  vi.unstubAllGlobals()
})

const router = { settings: { get: implement(contract).settings.get.handler(() => fakeSettings) } }

/** What a peer's web side does with the page's socket. */
async function servePeer(port = 0): Promise<RealServer> {
  const opened = await openAtServer((_, response) => response.writeHead(200).end('{}'), port)
  const handler = new RPCHandler(router)
  const sockets = new WebSocketServer({ server: opened.http, path: '/api/ws' })
  sockets.on('connection', (socket) => void handler.upgrade(socket, { context: {} }))
  const close = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate()
    await opened.close()
  }
  return { ...opened, close }
}

const phase = (): string | undefined => bridge?.connection.getState().phase

test('calls over a socket, says when the peer is gone, and works again once it is back', async () => {
  useRealNetwork()
  server = await servePeer()
  const { port } = server
  bridge = connectBrowser()
  await vi.waitFor(() => expect(phase()).toBe('open'))
  await expect(bridge.api.settings.get()).resolves.toEqual(fakeSettings)

  await server.close()
  await vi.waitFor(() => expect(phase()).toBe('lost'))
  await expect(bridge.api.settings.get()).rejects.toThrow(/the line to the peer is down/)
  const lost = bridge.connection.getState()
  expect(lost).toMatchObject({ phase: 'lost', nextTryAtMs: expect.any(Number) })

  // It tries by itself; while the peer stays away the time since which the line is lost does not move.
  const since = 'sinceMs' in lost ? lost.sinceMs : 0
  await vi.waitFor(() => {
    const now = bridge?.connection.getState()
    expect(now).toMatchObject({ phase: 'lost', sinceMs: since })
    expect(now).not.toEqual(lost)
  })
  server = await servePeer(port)
  await vi.waitFor(() => expect(phase()).toBe('open'), { timeout: 15_000 })
  await expect(bridge.api.settings.get()).resolves.toEqual(fakeSettings)
})

test('does not wait for the next try when a person asks for one', async () => {
  useRealNetwork()
  server = await servePeer()
  const { port } = server
  await server.close()
  bridge = connectBrowser()
  await vi.waitFor(() => expect(phase()).toBe('lost'))
  server = await servePeer(port)
  bridge.reconnect()
  await vi.waitFor(() => expect(phase()).toBe('open'))
})

test('stays closed once it was stopped', async () => {
  useRealNetwork()
  server = await servePeer()
  bridge = connectBrowser()
  await vi.waitFor(() => expect(phase()).toBe('open'))
  bridge.stop()
  await expect(bridge.api.settings.get()).rejects.toThrow(/the line to the peer is down/)
  expect(phase()).toBe('open')
})
