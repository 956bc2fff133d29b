import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureToken, readToken, tokenFile } from '../web/token.ts'
import { findDaemon, removeDaemonFile, writeDaemonFile, type DaemonFile } from './daemon-file.ts'
import { localEndpoint, remoteEndpoint } from './endpoint.ts'
import { homeOf } from './home.ts'

let home: string
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'dt-swarm-cli-'))))
afterEach(() => rmSync(home, { recursive: true, force: true }))

const daemon = (changes: Partial<DaemonFile> = {}): DaemonFile => ({
  pid: process.pid,
  peerId: '12D3KooW',
  web: 'http://127.0.0.1:4180',
  tokenFile: tokenFile(home),
  addresses: [],
  startedAtMs: 1,
  ...changes,
})

test('a running daemon is found by its file, which only its owner can read', () => {
  writeDaemonFile(home, daemon())
  const token = ensureToken(home)
  expect(localEndpoint(home)).toEqual({ url: 'http://127.0.0.1:4180', token })
  expect(statSync(join(home, 'daemon.json')).mode & 0o777).toBe(0o600)
  removeDaemonFile(home)
  expect(findDaemon(home)).toBeNull()
})

test.each([
  ['no file', () => {}],
  ['a file that is none', () => writeFileSync(join(home, 'daemon.json'), '{"pid":')],
  ['a process that is gone', () => writeDaemonFile(home, daemon({ pid: 2 ** 22 + 1 }))],
  ['a daemon without a web side', () => writeDaemonFile(home, daemon({ web: null }))],
])('%s: there is no daemon to ask', (_, prepare) => {
  prepare()
  expect(() => localEndpoint(home)).toThrow(expect.objectContaining({ code: 'NO_DAEMON' }) as Error)
})

test("another process's file is left alone", () => {
  writeDaemonFile(home, daemon({ pid: process.ppid }))
  removeDaemonFile(home)
  expect(findDaemon(home)?.pid).toBe(process.ppid)
})

test.each([
  ['localhost', 'http://localhost:4180'],
  ['lab:8080', 'http://lab:8080'],
  ['lab:80', 'http://lab'],
  ['[::1]', 'http://[::1]:4180'],
  ['https://lab.example', 'https://lab.example'],
  ['http://lab:4180/some/page', 'http://lab:4180'],
])('HOST %s is %s', (host, url) => {
  expect(remoteEndpoint(host, { token: 't', home, env: {} }).url).toBe(url)
})

test.each(['', 'a b', 'http://', 'user@host', ':x'])('HOST %j is refused', (host) => {
  expect(() => remoteEndpoint(host, { token: 't', home, env: {} })).toThrow(/is no host/)
})

test('the token comes from the option, the link, the environment, or the local home for this machine alone', () => {
  const token = ensureToken(home)
  const of = (host: string, given?: string, env: NodeJS.ProcessEnv = {}) =>
    remoteEndpoint(host, { token: given, home, env }).token
  expect(of('localhost?token=link', 'option', { DT_SWARM_TOKEN: 'env' })).toBe('option')
  expect(of('http://localhost:1/?token=link', undefined, { DT_SWARM_TOKEN: 'env' })).toBe('link')
  expect(of('localhost', undefined, { DT_SWARM_TOKEN: 'env' })).toBe('env')
  expect(of('127.0.0.1', undefined, { DT_SWARM_TOKEN: '' })).toBe(token)
  expect(() => of('lab.example')).toThrow(/--token or DT_SWARM_TOKEN/)
})

test('localhost without a port is the daemon of the home, whatever port it found', () => {
  writeDaemonFile(home, daemon({ web: 'http://127.0.0.1:39999' }))
  const url = (host: string) => remoteEndpoint(host, { token: 't', home, env: {} }).url
  expect(url('localhost')).toBe('http://127.0.0.1:39999')
  expect(url('127.0.0.1:4180')).toBe('http://127.0.0.1:4180')
  expect(url('lab.example')).toBe('http://lab.example:4180')
})

test('a token file that holds something else is replaced', () => {
  writeFileSync(tokenFile(home), 'nonsense')
  expect(readToken(home)).toBeNull()
  expect(ensureToken(home)).toMatch(/^[\w-]{43}$/)
  expect(readToken(home)).toBe(ensureToken(home))
})

test('the home: what was asked for, then DT_SWARM_HOME, then the default', () => {
  expect(homeOf('/a', { DT_SWARM_HOME: '/b' })).toBe('/a')
  expect(homeOf(undefined, { DT_SWARM_HOME: '/b' })).toBe('/b')
  expect(homeOf(undefined, { DT_SWARM_HOME: '' })).toMatch(/\.dt-swarm$/)
})
