import { expect, test } from 'vitest'
import { hrefOf, parseRoute, type Route } from './route.ts'
import { fakeCid, fakePeer, fakeRecord } from './testing/fake-ids.ts'

const routes: readonly Route[] = [
  { page: 'fleet' },
  { page: 'robot', peer: fakePeer(1), tab: 'health' },
  { page: 'robot', peer: fakePeer(1), tab: 'records' },
  { page: 'logs', file: null },
  { page: 'logs', file: fakeCid(1) },
  { page: 'network', tab: 'peers' },
  { page: 'network', tab: 'messages' },
  { page: 'records', bucket: null, record: null },
  { page: 'records', bucket: 'rollout-status', record: null },
  { page: 'records', bucket: 'trust', record: fakeRecord(3) },
  { page: 'records', bucket: null, record: fakeRecord(4) },
  { page: 'checkpoints', root: null },
  { page: 'checkpoints', root: fakeCid(5) },
  { page: 'settings', tab: 'peer' },
  { page: 'settings', tab: 'trust' },
]

test.each(routes)('$page survives the way through its address', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route)
})

test('no address is the fleet', () => {
  expect(parseRoute('')).toEqual({ page: 'fleet' })
})

test.each([
  '#/robot/nobody',
  '#/logs/<script>',
  '#/updates',
  '#/records/A bucket',
  '#/records/trust/7',
  '#/checkpoints/x',
])('%s leads nowhere', (hash) => {
  expect(parseRoute(hash)).toEqual({ page: 'unknown', hash })
})
