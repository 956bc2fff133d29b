import { expect, test, vi } from 'vitest'
import type { Bridge, ShareResult } from '../bridge/bridge.ts'
import { createFakeSwarm } from '../testing/fake-client.ts'
import { createUploads } from './uploads.ts'

interface Sent {
  readonly name: string
  readonly progress: (bytes: number) => void
  readonly end: (result: ShareResult) => void
}

/** A browser's bridge whose sends end when the test says so. */
function slowBridge(): { bridge: Bridge; sent: Sent[] } {
  const sent: Sent[] = []
  const { bridge } = createFakeSwarm({ kind: 'browser' })
  const shareFiles: Bridge['shareFiles'] = (files, options) =>
    new Promise((resolve, reject) => {
      const name = files[0]?.name ?? ''
      options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      sent.push({ name, progress: (bytes) => options?.onProgress?.(bytes), end: resolve })
    })
  return { bridge: { ...bridge, api: bridge.api, kind: 'browser', shareFiles }, sent }
}

const file = (name: string): File => new File(['0123456789'], name)
const done: ShareResult = { accepted: 1, rejected: [] }

test('sends two at once and the next when one has ended', async () => {
  const { bridge, sent } = slowBridge()
  const uploads = createUploads(bridge)
  const all = uploads.send([file('a'), file('b'), file('c')])
  await vi.waitFor(() => expect(sent.map((one) => one.name)).toEqual(['a', 'b']))
  sent[0]?.end(done)
  await vi.waitFor(() => expect(sent.map((one) => one.name)).toEqual(['a', 'b', 'c']))
  sent[1]?.end(done)
  sent[2]?.end(done)
  await expect(all).resolves.toEqual([])
  expect(uploads.store.getState().size).toBe(0)
})

test('shows progress, and keeps what the peer refused with its reason', async () => {
  const { bridge, sent } = slowBridge()
  const uploads = createUploads(bridge)
  const all = uploads.send([file('a')])
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  sent[0]?.progress(4)
  expect([...uploads.store.getState().values()][0]).toMatchObject({ sentBytes: 4, sizeBytes: 10, state: 'running' })
  sent[0]?.end({ accepted: 0, rejected: [{ name: 'a', reason: 'the disk is full' }] })
  await expect(all).resolves.toEqual([{ name: 'a', reason: 'the disk is full' }])
  expect([...uploads.store.getState().values()][0]).toMatchObject({ state: 'failed' })
  uploads.clear()
  expect(uploads.store.getState().size).toBe(0)
})

test('a cancelled upload goes without a complaint, also one that still waits', async () => {
  const { bridge, sent } = slowBridge()
  const uploads = createUploads(bridge)
  const all = uploads.send([file('a'), file('b'), file('c')])
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  const ids = [...uploads.store.getState().keys()]
  for (const id of [ids[2], ids[0]]) uploads.cancel(id ?? '')
  await vi.waitFor(() => expect([...uploads.store.getState().values()].map((one) => one.name)).toEqual(['b']))
  sent[1]?.end(done)
  await expect(all).resolves.toEqual([])
  expect(sent).toHaveLength(2)
})
