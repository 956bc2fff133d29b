import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { pinEndpoint } from './pin-endpoint.ts'
import { PinningService } from './pinning-service.ts'
import { PinServer } from './testing/pin-server.ts'

const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' as Cid
const other = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi' as Cid
const soon = { timeout: 20_000, interval: 20 }

let home = ''
let server = new PinServer()
let pinning: PinningService
const dialled: string[] = []
const shares = new Map<Cid, Partial<ShareView>>()

function make(more: { readonly isPrivate?: boolean; readonly timeoutMs?: number } = {}): PinningService {
  return new PinningService(
    {
      clock: systemClock,
      counters: new Counters(),
      log: silentLog,
      node: {
        addresses: () => ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWSelf'],
        connectAt: async (peer) => void dialled.push(peer),
      },
      share: (one) => shares.get(one) as ShareView | undefined,
      kuboAddresses: () => undefined,
      isPrivate: more.isPrivate ?? false,
    },
    { home, tickMs: 20, timeoutMs: more.timeoutMs ?? 5_000 },
  )
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-pins-'))
  server = await new PinServer().start()
  dialled.splice(0)
  shares.clear()
  shares.set(cid, { cid, name: 'run-17/left.bag', local: true, channel: null })
  pinning = make()
  await pinning.start()
})

afterEach(async () => {
  await pinning.stop()
  await server.stop()
  rmSync(home, { recursive: true, force: true })
  if (server.violations.length > 0) throw new Error(server.violations.join('\n'))
})

const known = () => pinning.setService('lab', { endpoint: server.endpoint, token: server.token })

test('a file is pinned, with our addresses, its progress watched; and taken back', async () => {
  await known()
  expect(await pinning.add(cid, 'lab')).toMatchObject({ state: 'queued', service: 'lab', name: 'run-17/left.bag' })
  expect(server.pins[0]?.pin).toEqual({
    cid,
    name: 'run-17/left.bag',
    origins: ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWSelf'],
  })
  await vi.waitFor(() => expect(dialled).toEqual(['12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']), soon)
  Object.assign(server.pins[0] ?? {}, { status: 'pinned', info: { status_details: 'on 3\u202e disks' } })
  // Asked again 5 s after it was asked for.
  await vi.waitFor(
    () => expect(pinning.list({ cid })).toMatchObject([{ state: 'pinned', details: 'on 3 disks' }]),
    soon,
  )
  await pinning.remove(cid, 'lab')
  expect(server.pins).toEqual([])
  expect(pinning.list()).toEqual([])
}, 30_000)

test('what is there already is not asked for twice, also when an answer was lost', async () => {
  await known()
  const both = await Promise.all([pinning.add(cid, 'lab'), pinning.add(cid, 'lab')])
  expect(both[0]).toEqual(both[1])
  await pinning.add(cid, 'lab')
  expect(server.pins).toHaveLength(1)
  // Another installation of the same account finds it.
  pinning.removeService('lab')
  expect(pinning.list()).toEqual([])
  await known()
  await pinning.add(cid, 'lab')
  expect(server.pins).toHaveLength(1)
})

test('the token lies in a file of its owner alone, and is in no view, error or other file', async () => {
  await known()
  const path = join(home, 'pinning-services.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toContain(server.token)
  await pinning.add(cid, 'lab')
  expect(JSON.stringify([pinning.services(), pinning.list()])).not.toContain(server.token)
  expect(readFileSync(join(home, 'pins-elsewhere.json'), 'utf8')).not.toContain(server.token)
  // The server quotes the token that it refuses.
  const wrong = pinning.setService('lab', { endpoint: server.endpoint, token: 'wrong-secret' })
  await expect(wrong).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.not.stringContaining('wrong-secret'),
  })
  expect(readFileSync(path, 'utf8')).toContain(server.token)
  // A token is not sent to another address than that for which it was given.
  const elsewhere = await new PinServer().start()
  await expect(pinning.setService('lab', { endpoint: elsewhere.endpoint })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
  await elsewhere.stop()
})

test('pins, services and what is to be removed are known after a restart', async () => {
  await known()
  await pinning.add(cid, 'lab')
  await server.stop()
  await pinning.remove(cid, 'lab')
  expect(pinning.list()).toMatchObject([{ state: 'removing', problem: expect.stringContaining('cannot be reached') }])
  await pinning.stop()
  pinning = make()
  await pinning.start()
  expect(pinning.services()).toMatchObject([{ name: 'lab', hasToken: true, pins: 1 }])
  expect(pinning.list()).toMatchObject([{ state: 'removing' }])
})

test('a pin that the service has let go of is said to be gone, and can be asked for again', async () => {
  await known()
  await pinning.add(cid, 'lab')
  server.pins.splice(0)
  await vi.waitFor(() => expect(pinning.list()).toMatchObject([{ state: 'gone' }]), soon)
  expect(await pinning.add(cid, 'lab')).toMatchObject({ state: 'queued' })
}, 30_000)

test('what is not here, is meant for a channel, or cannot be reached is not asked for', async () => {
  await known()
  await expect(pinning.add(other, 'lab')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(pinning.add(cid, 'nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  shares.set(other, { cid: other, name: 'a', local: false, channel: null })
  await expect(pinning.add(other, 'lab')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  shares.set(other, { cid: other, name: 'a', local: true, channel: 'course' })
  await expect(pinning.add(other, 'lab')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await pinning.stop()
  pinning = make({ isPrivate: true })
  await pinning.start()
  await expect(pinning.add(cid, 'lab')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(server.pins).toEqual([])
})

const hostile: readonly [string, string, PinServer['instead']][] = [
  [
    'a page of HTML',
    'UNREACHABLE',
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  ],
  [
    'JSON of another shape',
    'UNREACHABLE',
    (_, response) => response.writeHead(200).end('{"count":"many","results":{}}'),
  ],
  [
    'no end',
    'TOO_LARGE',
    (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    },
  ],
  ['silence', 'TIMEOUT', () => true],
  [
    'a way elsewhere',
    'UNREACHABLE',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  ],
  [
    'no room',
    'LIMIT_REACHED',
    (_, response) => response.writeHead(409).end('{"error":{"reason":"INSUFFICIENT_FUNDS"}}'),
  ],
  ['too often', 'LIMIT_REACHED', (_, response) => response.writeHead(429, { 'retry-after': '7' }).end()],
  ['its own failure', 'UNREACHABLE', (_, response) => response.writeHead(500).end('oops')],
]
test.each(hostile)(
  'a service that answers with %s: %s',
  async (_, code, instead) => {
    await known()
    await pinning.stop()
    // Patience for a busy machine, but for the one that says nothing.
    pinning = make({ timeoutMs: code === 'TIMEOUT' ? 1_000 : 15_000 })
    await pinning.start()
    server.instead = instead
    await expect(pinning.add(cid, 'lab')).rejects.toMatchObject({ code })
    expect(pinning.list()).toEqual([])
  },
  30_000,
)

test('of two pins at once that would be one too many, one is refused, and all others are known after a restart', async () => {
  await known()
  await pinning.stop()
  const base = { service: 'lab', name: 'x', requestid: 'r', state: 'pinned', details: null, sinceMs: 0 }
  const pins = Array.from({ length: 1_999 }, (_, n) => {
    const digest = new Uint8Array(32)
    new DataView(digest.buffer).setUint16(0, n)
    return { ...base, cid: CID.createV1(0x55, digestOf(0x12, digest)).toString(), checkedAtMs: Date.now() }
  })
  writeFileSync(join(home, 'pins-elsewhere.json'), JSON.stringify({ v: 1, pins }))
  pinning = make()
  await pinning.start()
  shares.set(other, { cid: other, name: 'run-17/right.bag', local: true, channel: null })
  const both = await Promise.allSettled([cid, other].map((one) => pinning.add(one, 'lab')))
  expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'LIMIT_REACHED' } }])
  expect(server.pins).toHaveLength(1)
  await pinning.stop()
  pinning = make()
  await pinning.start()
  expect(pinning.list()).toHaveLength(2_000)
}, 30_000)

test('a service that wants rest is left alone so long', async () => {
  await known()
  await pinning.add(cid, 'lab')
  server.instead = (_, response) => response.writeHead(429, { 'retry-after': '600' }).end()
  await vi.waitFor(() => expect(pinning.services()[0]?.problem).toContain('600 s of rest'), soon)
  const { length } = server.asked
  await new Promise((done) => setTimeout(done, 300))
  expect(server.asked).toHaveLength(length)
}, 30_000)

test.each([
  ['https://api.example.com/psa/', 'https://api.example.com/psa'],
  ['https://api.example.com/pins', 'https://api.example.com'],
  ['http://127.0.0.1:9097', 'http://127.0.0.1:9097'],
  ['http://cluster.local:9097/', 'http://cluster.local:9097'],
])('the address %s is taken', (text, endpoint) => expect(pinEndpoint(text)).toBe(endpoint))

test.each([
  'api.example.com',
  'ftp://x',
  'http://api.example.com',
  'https://me:secret@api.example.com',
  'https://x/?a=1',
])('the address %s is refused, without being repeated', (text) =>
  expect(() => pinEndpoint(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT', message: expect.not.stringContaining(text) }),
  ),
)
