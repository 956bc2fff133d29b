import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Daemon, scratch } from './fixtures/daemon.ts'

/** Garbage at the doors of the web side: each is answered or cut off, counted, and the service goes on. */
const folder = scratch()
const daemon = new Daemon(folder.path, 'target')
/** Fixed, so that a failure can be seen again. */
const random = seeded(20_260_101)

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const randomBytes = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

/** A valid text with some of its bytes changed, dropped, or repeated. */
function mutate(text: string): Buffer {
  const bytes = Buffer.from(text)
  for (let change = 0; change < 1 + Math.floor(random() * 4); change += 1) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  }
  const at = Math.floor(random() * bytes.length)
  return pick([bytes, bytes.subarray(0, at), Buffer.concat([bytes, bytes.subarray(at)])])
}

const port = () => Number(new URL(daemon.url).port)

function rawSocket(): Socket {
  const socket = connect(port(), '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  return socket
}

const closed = (socket: Socket) => new Promise<void>((done) => socket.once('close', () => done()))

async function openSocket(): Promise<WebSocket> {
  const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/api/ws`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  })
  socket.on('error', () => {})
  await new Promise((done, failed) => {
    socket.once('open', done)
    socket.once('close', failed)
  })
  return socket
}

async function refusals(): Promise<number> {
  const counters = Object.entries(await daemon.counters())
  return counters.filter(([name]) => /^(web|api)\./.test(name)).reduce((sum, [, count]) => sum + count, 0)
}

/** The service as an operator knows it: quick, over both ways in. */
async function goesOn(): Promise<void> {
  const startMs = performance.now()
  expect((await daemon.call('/fleet')).status).toBe(200)
  const socket = await openSocket()
  const answer = new Promise<string>((done) => socket.once('message', (data: Buffer) => done(data.toString())))
  socket.send(JSON.stringify({ i: '1', p: { u: '/system/info', b: {} } }))
  expect(await answer).toContain(daemon.ready.peerId)
  socket.close()
  expect(performance.now() - startMs).toBeLessThan(3_000)
}

beforeAll(async () => void (await daemon.start()))

afterAll(async () => {
  await daemon.stop('SIGKILL')
  folder.remove()
})

test('random bytes where HTTP is spoken', async () => {
  const before = await refusals()
  for (let round = 0; round < 60; round += 1) {
    const socket = rawSocket()
    socket.end(randomBytes(1 + Math.floor(random() * 2_000)))
    await closed(socket)
  }
  expect((await refusals()) - before).toBeGreaterThanOrEqual(50)
  await goesOn()
})

test('mutated requests', async () => {
  const body = '{"robots":2}'
  const whole =
    `POST /api/lab/stop HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nAuthorization: Bearer ${daemon.token}\r\n` +
    `Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const before = await refusals()
  for (let round = 0; round < 150; round += 1) {
    const socket = rawSocket()
    socket.end(mutate(whole))
    await closed(socket)
  }
  expect(await refusals()).toBeGreaterThan(before)
  await goesOn()
})

test('bodies that are no call', async () => {
  const send = (body: Buffer | string, type = 'application/json') =>
    daemon.call('/settings', { method: 'PATCH', body: Buffer.from(body), headers: { 'content-type': type } })
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"name":7}',
    '{"name":""}',
    '{"theme":"pink"}',
    `{"name":"${'x'.repeat(200)}"}`,
    `{"listen":${JSON.stringify(Array.from({ length: 100 }, () => 'x'))}}`,
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    randomBytes(1_000),
    'x'.repeat(300_000),
  ]
  const settings = await daemon.json('/settings')
  for (const body of bodies) {
    const answer = await send(body)
    const text = await answer.text()
    // An empty patch and unknown names change nothing; all else is refused, in words, without our insides.
    expect([body.toString().slice(0, 40), answer.status < 500]).toEqual([body.toString().slice(0, 40), true])
    expect(text).not.toMatch(/node_modules|\.ts:\d+/)
  }
  expect((await send('{}', 'text/plain')).status).toBe(400)
  for (let round = 0; round < 100; round += 1) expect((await send(mutate('{"theme":"nope"}'))).status).toBeLessThan(500)
  expect(await daemon.json('/settings')).toEqual(settings)
  expect(Object.prototype).not.toHaveProperty('polluted')
  await goesOn()
})

test('paths and queries that are none', async () => {
  const wild = [
    '/fleet/%00',
    '/fleet/..%2f..',
    '/records?limit=-1',
    '/records?limit[0]=1&limit[a][b]=2',
    '/transfers/%ff',
    '/%',
  ]
  for (const path of [
    ...wild,
    `/files/${'Q'.repeat(3_000)}/content`,
    '/files/upload',
    '//x',
    '/diagnostics/x/history',
  ]) {
    const answer = await daemon.call(path)
    await answer.arrayBuffer()
    expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true])
  }
  const long = await daemon.call(`/fleet?x=${'x'.repeat(20_000)}`)
  expect(long.status).toBe(431)
  await goesOn()
})

test('random and mutated WebSocket messages', async () => {
  const calls = [
    '{"i":"1","p":{"u":"/fleet/get","b":{"json":{"peer":"12D3KooW"},"meta":[]}}}',
    '{"i":"2","p":{"u":"/system/watch","b":{}}}',
    '{"i":"3","t":4}',
    '{"i":"4","p":{"u":"/records/list","b":{"json":{"limit":5},"meta":[[1,"limit"]]},"h":{"x":"y"}}}',
  ]
  const before = await refusals()
  let socket = await openSocket()
  for (let round = 0; round < 400; round += 1) {
    if (socket.readyState !== socket.OPEN) socket = await openSocket()
    const garbage = random() < 0.3 ? randomBytes(1 + Math.floor(random() * 500)) : mutate(pick(calls))
    // The answer to a ping, or the end: then the garbage before it has been looked at.
    const seen = new Promise<void>((done) => {
      socket.once('pong', () => done())
      socket.once('close', () => done())
    })
    socket.send(garbage, { binary: random() < 0.2 })
    socket.ping()
    await seen
    socket.removeAllListeners('pong').removeAllListeners('close')
  }
  socket.terminate()
  expect((await refusals()) - before).toBeGreaterThan(20)
  await goesOn()
})

test('broken frames below the messages, and a frame that is too large', async () => {
  const before = await refusals()
  for (let round = 0; round < 40; round += 1) {
    const socket = rawSocket()
    socket.write(
      `GET /api/ws HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nAuthorization: Bearer ${daemon.token}\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await new Promise((done) => socket.once('data', done))
    socket.end(randomBytes(200))
    await closed(socket)
  }
  const large = await openSocket()
  const cut = new Promise<number>((done) => large.once('close', done))
  large.send('x'.repeat(1_200_000))
  expect(await cut).toBe(1009)
  expect((await refusals()) - before).toBeGreaterThan(20)
  expect((await daemon.counters())['web.refused:frame-too-large']).toBe(1)
  await goesOn()
})

test('too many calls at once on one socket', async () => {
  const socket = await openSocket()
  const cut = new Promise<string>((done) => socket.once('close', (_, reason) => done(reason.toString())))
  for (let call = 0; call < 200; call += 1) {
    socket.send(JSON.stringify({ i: String(call), p: { u: '/fleet/watch', b: {} } }))
  }
  expect(await cut).toBe('too-many-calls')
  await goesOn()
})

test('a slowloris holds neither headers nor body open, and keeps nobody out', async () => {
  const trickle = (head: string) => {
    const socket = rawSocket()
    socket.write(head)
    const timer = setInterval(() => socket.write('x'), 500)
    socket.once('close', () => clearInterval(timer))
    return closed(socket)
  }
  const slowHeads = Array.from({ length: 50 }, () => trickle(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nX-Slow: `))
  const slowBodies = Array.from({ length: 10 }, () =>
    trickle(
      `PATCH /api/settings HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nAuthorization: Bearer ${daemon.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    ),
  )
  await goesOn()
  await Promise.all([...slowHeads, ...slowBodies])
  expect((await daemon.counters())['web.refused:slow-request']).toBeGreaterThanOrEqual(50)
  expect((await daemon.counters())['web.refused:timeout']).toBe(10)
}, 60_000)

test('uploads that break off leave nothing behind', async () => {
  const shares = (await daemon.files()).length
  for (let round = 0; round < 12; round += 1) {
    const socket = rawSocket()
    socket.write(
      `PUT /api/files/upload?name=broken-${round}.bin HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n` +
        `Authorization: Bearer ${daemon.token}\r\nContent-Length: 1000000\r\n\r\n`,
    )
    await new Promise<void>((done) => socket.write(randomBytes(10_000), () => done()))
    socket.destroy()
    await closed(socket)
  }
  await goesOn()
  // Those that broke off end in their own time; until then eight at most are taken.
  const whole = { method: 'PUT', body: randomBytes(10_000) }
  await vi.waitFor(async () => expect((await daemon.call('/files/upload?name=whole.bin', whole)).status).toBe(200))
  expect((await daemon.files()).map(({ name }) => name)).toEqual(['whole.bin'])
  expect(shares).toBe(0)
})

test('after all that it stops cleanly, and no promise was left alone', async () => {
  expect(await daemon.stop()).toBe(0)
  expect(daemon.log).not.toMatch(/nobody waited for it/)
})
