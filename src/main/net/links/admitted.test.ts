import { afterEach, expect, test, vi } from 'vitest'
import { circle, startPeer, stopPeers } from '../testing/peers.ts'

afterEach(stopPeers)

const soon = { timeout: 15_000, interval: 50 }

test('what a stranger had to say is taken once it is admitted, though it was refused before', async () => {
  const a = await startPeer()
  const b = await startPeer({ bootstrap: [a.address], stranger: true })
  b.say('machines', 'who-i-am-')
  b.say('files', 'log-', 40)
  await vi.waitFor(() => expect(a.counters.get('ingest.refused:stranger')).toBeGreaterThan(0), soon)
  await vi.waitFor(() => expect(a.book.counts().find(({ bucket }) => bucket === 'machines')?.records).toBe(1), soon)
  // Both have been through with each other: there is nothing left that either would offer again.
  await vi.waitFor(
    () => expect(a.counters.get('catch-up.done') + b.counters.get('catch-up.done')).toBeGreaterThan(1),
    soon,
  )
  expect(a.keys('files')).toEqual([])
  expect(a.keys('machines')).toEqual([])
  circle.admitPeer(b.node.peerId)
  expect(a.keys('machines')).toEqual(['who-i-am-0'])
  await vi.waitFor(() => expect(a.keys('files')).toHaveLength(40), soon)
  // Nobody was blamed for what was refused.
  expect(a.node.offenders.banned(b.node.peerId)).toBe(false)
})
