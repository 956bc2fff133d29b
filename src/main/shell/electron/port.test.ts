import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { WebContents } from 'electron'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { takenWord } from '../../../shared/port-words.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { bareShell, machine, MemoryPeer, peerA, peerB } from '../api/testing/memory-peer.ts'
import { createRouter } from '../api/router.ts'
import { longestMessage, WindowPort } from './port.ts'
import { FakeFrame, FakeSession, FakeWebContents, type FakePortMain } from './testing/fake-contents.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

const ours = 'app://dt-swarm/'
let contents: FakeWebContents
let counters: Counters
let peer: MemoryPeer
let host: WindowPort

beforeEach(() => {
  contents = new FakeWebContents(new FakeSession())
  counters = new Counters()
  peer = new MemoryPeer()
  host = new WindowPort({ contents: contents as unknown as WebContents, log: silentLog, counters: () => counters })
  host.start()
})

afterEach(() => host.close())

const serve = () => host.serve(createRouter(peer, bareShell))

function connect(frame: FakeFrame | null): void {
  contents.ipc.emit('dt-swarm:connect', { senderFrame: frame })
}

function portOf(frame: FakeFrame, index = -1): FakePortMain {
  const port = frame.received.at(index)?.ports[0]
  if (port === undefined) throw new Error('the frame got no port')
  return port
}

function clientOf(port: FakePortMain): ApiClient {
  port.start()
  return createORPCClient<ApiClient>(new RPCLink({ port }))
}

describe("the window's port", () => {
  it('carries the API to our page', async () => {
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    expect(frame.received.map(({ channel }) => channel)).toEqual(['dt-swarm:port'])
    const info = await clientOf(portOf(frame)).system.info()
    expect(info).toMatchObject({ peer: peerA, name: 'laptop' })
  })

  it('carries live data, and ends it when the page is left', async () => {
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    const events = await clientOf(portOf(frame)).fleet.watch()
    expect(await events.next()).toMatchObject({ value: { type: 'snapshot', items: [{ peer: peerA }] } })
    peer.machines.set(peerB, machine(peerB, 'duckie01'))
    peer.machineEvents.emit('machines:changed', { peers: [peerB] })
    expect(await events.next()).toMatchObject({ value: { type: 'changes', changed: [{ name: 'duckie01' }] } })

    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })
    await vi.waitFor(() => expect(portOf(frame).closed).toBe(true))
    await vi.waitFor(() => expect(peer.listenerCount).toBe(0))
  })

  it('stays open while the page only changes its hash', async () => {
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true })
    contents.emit('did-start-navigation', { isMainFrame: false, isSameDocument: false })
    expect(await clientOf(portOf(frame)).fleet.list()).toHaveLength(1)
  })

  it('is one: a page that asks again gets a new port and loses the old', async () => {
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    connect(frame)
    await vi.waitFor(() => expect(portOf(frame, 0).closed).toBe(true))
    expect(await clientOf(portOf(frame, 1)).fleet.list()).toHaveLength(1)
  })

  it('waits for the peer when the page is first', async () => {
    const frame = new FakeFrame(ours)
    connect(frame)
    expect(frame.received).toEqual([])
    serve()
    expect(await clientOf(portOf(frame)).fleet.list()).toHaveLength(1)
  })

  it('is not handed to a page that has gone while it waited', () => {
    const frame = new FakeFrame(ours)
    connect(frame)
    frame.url = 'https://evil.org/'
    serve()
    expect(frame.received).toEqual([])
  })

  it.each([
    ['another page', new FakeFrame('https://evil.org/')],
    ['a frame in our page', new FakeFrame(ours, new FakeFrame(ours))],
    ['a frame that is gone', null],
  ])('is not handed to %s, which is counted', (_who, frame) => {
    serve()
    connect(frame)
    expect(frame?.received ?? []).toEqual([])
    expect(counters.get('window.refused:not-our-page')).toBe(1)
  })

  it('refuses what is no call, counts it and goes on', async () => {
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    const port = portOf(frame)
    for (const junk of [null, 7, { id: 1 }, [1], 'x'.repeat(longestMessage + 1)]) port.postMessage(junk)
    for (const junk of ['', '{', '[]', '{"i":1}', 'null', new Uint8Array([255, 0, 3])]) port.postMessage(junk)
    await vi.waitFor(() => expect(counters.get('window.refused:not-a-call')).toBe(11))
    expect(await clientOf(port).fleet.list()).toHaveLength(1)
  })

  it('goes on with a long list when the window has taken what came of it', async () => {
    for (let n = 0; n < 6_000; n += 1) peer.files.put(`${'n'.repeat(500)}${n}`, Buffer.from(String(n)))
    serve()
    const frame = new FakeFrame(ours)
    connect(frame)
    const port = portOf(frame)
    const events = await clientOf(port).files.watch()
    const made = vi.spyOn(peer.files.shares, 'get')
    const told = (): number => made.mock.calls.length
    let left = 1
    const untaken: (() => void)[] = []
    port.on('message', () => untaken.push(() => port.postMessage(takenWord)))
    // The first megabyte comes unasked; then it stands still until the window says that it has taken some.
    await vi.waitFor(() => expect(untaken.length).toBeGreaterThan(2))
    let before = -1
    await vi.waitUntil(
      () => {
        const still = told() === before
        before = told()
        return still
      },
      { timeout: 30_000, interval: 500 },
    )
    expect(before).toBeLessThan(6_000)
    port.on('message', () => port.postMessage(takenWord))
    for (const say of untaken) say()
    let count = 0
    while (left > 0) {
      const { value: event, done } = await events.next()
      if (done === true || event.type === 'changes') throw new Error('a part of the snapshot was expected')
      count += event.items.length
      left = event.left
    }
    expect(count).toBe(6_000)
    expect(counters.get('window.refused:not-a-call')).toBe(0)
  })
})
