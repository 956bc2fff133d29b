import { expect, test } from 'vitest'
import { Guard, isLoopback } from './guard.ts'
import { cookieValue } from './token.ts'

const token = 'T'.repeat(43)
const guard = new Guard({ host: '127.0.0.1', port: 4180, token })
const bearer = { host: '127.0.0.1:4180', authorization: `Bearer ${token}` }
const cookie = { host: '127.0.0.1:4180', cookie: `other=1; dt-swarm-4180=${cookieValue(token)}` }
const ours = 'http://127.0.0.1:4180'

test.each([
  ['127.0.0.1:4180', true],
  ['localhost:4180', true],
  ['LOCALHOST:4180', true],
  ['[::1]:4180', true],
  ['127.0.0.1', false],
  ['127.0.0.1:80', false],
  ['evil.example:4180', false],
  ['127.0.0.1.evil.example:4180', false],
  ['192.168.1.5:4180', false],
  ['', false],
  [undefined, false],
])('Host %s on loopback: %s', (host, allowed) => {
  expect(guard.hostAllowed(host)).toBe(allowed)
})

test('bound for the network, any number is a name of ours, but no foreign DNS name', () => {
  const wide = new Guard({ host: '0.0.0.0', port: 4180, token })
  expect(['192.168.1.5:4180', '10.0.0.1:9000', '[fe80::1]:4180'].map((host) => wide.hostAllowed(host))).toEqual([
    true,
    true,
    true,
  ])
  expect(wide.hostAllowed('evil.example:4180')).toBe(false)
})

test.each([
  ['the token', bearer, true, null],
  ['the token from a script, without Origin', { ...bearer }, true, null],
  ['the token with a foreign Origin', { ...bearer, origin: 'http://evil.example' }, true, 'bad-origin'],
  ['a wrong token', { ...bearer, authorization: 'Bearer nope' }, false, 'bad-token'],
  ['nothing', { host: '127.0.0.1:4180' }, false, 'no-token'],
  ['a foreign Host', { ...bearer, host: 'evil.example:4180' }, false, 'bad-host'],
  ['the cookie, to read', cookie, false, null],
  ['the cookie, to change, without Origin', cookie, true, 'bad-origin'],
  ['the cookie, to change, from our page', { ...cookie, origin: ours }, true, null],
  ['the cookie, to change, from another port', { ...cookie, origin: 'http://127.0.0.1:9' }, true, 'bad-origin'],
  ['the cookie, to change, from a sandboxed page', { ...cookie, origin: 'null' }, true, 'bad-origin'],
  ['a wrong cookie', { ...cookie, cookie: 'dt-swarm-4180=x' }, false, 'bad-token'],
  ['the token as cookie', { ...cookie, cookie: `dt-swarm-4180=${token}` }, false, 'bad-token'],
] as const)('%s', (_, headers, changes, refusal) => {
  expect(guard.refuse(headers, changes)).toBe(refusal)
})

test('only loopback addresses are loopback', () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', 'localhost'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '::', '192.168.0.1', '127.evil.example'].some(isLoopback)).toBe(false)
})
