import { expect, test } from 'vitest'
import { hrefOf, parseRoute, type Route } from './route.ts'
import { fakeCid, fakePeer } from './testing/fake-ids.ts'

const routes: readonly Route[] = [
  { page: 'fleet' },
  { page: 'robot', peer: fakePeer(1), tab: 'health' },
  { page: 'robot', peer: fakePeer(1), tab: 'records' },
  { page: 'logs', file: null },
  { page: 'logs', file: fakeCid(1) },
  { page: 'network' },
  { page: 'settings' },
]

test.each(routes)('$page survives the way through its address', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route)
})

test('no address is the fleet', () => {
  expect(parseRoute('')).toEqual({ page: 'fleet' })
})

test.each(['#/robot/nobody', '#/logs/<script>', '#/updates'])('%s leads nowhere', (hash) => {
  expect(parseRoute(hash)).toEqual({ page: 'unknown', hash })
})
