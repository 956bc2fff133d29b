import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { hash } from 'node:crypto'
import { mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { createRouter } from '../api/router.ts'
import { bareShell, machine, MemoryPeer, peerB } from '../api/testing/memory-peer.ts'
import { readToken, tokenFile } from './token.ts'
import { WebServer } from './web-server.ts'

let home: string
let root: string
let peer: MemoryPeer
let web: WebServer
let token: string
let url: string

const make = () =>
  new WebServer(
    { peer, router: createRouter(peer, bareShell) },
    { address: { host: '127.0.0.1', port: 0, explicit: true }, home, version: '0.1.0', root },
  )

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-web-'))
  root = join(home, 'renderer')
  mkdirSync(join(root, 'assets'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<title>dt-swarm</title>')
  writeFileSync(join(root, 'assets', 'index-1.js'), 'export {}')
  peer = new MemoryPeer()
  web = make()
  await web.start()
  url = web.url ?? ''
  token = readToken(home) ?? ''
})

afterEach(async () => {
  await web.stop()
  rmSync(home, { recursive: true, force: true })
})

const api = (path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}) =>
  fetch(`${url}/api${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })

const post = (path: string, body: unknown) =>
  api(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

/** A request with headers that fetch would not let us set. */
function raw(path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${url}${path}`, { headers }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Opens a socket; resolves with its HTTP status where it is refused. */
function open(headers: Record<string, string>, path = '/api/ws'): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers })
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0)
      response.resume()
    })
    socket.once('error', reject)
  })
}

async function openSocket(): Promise<WebSocket> {
  const socket = await open({ authorization: `Bearer ${token}` })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

const closing = (socket: WebSocket) =>
  new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })

test('the token stays over restarts and is for its owner alone', async () => {
  expect(statSync(tokenFile(home)).mode & 0o777).toBe(0o600)
  await web.stop()
  await web.stop()
  web = make()
  await web.start()
  await web.start()
  expect(readToken(home)).toBe(token)
  expect(web.link).toBe(`${web.url}/?token=${token}`)
})

test('the link sets a cookie, hides the token and opens the page', async () => {
  const first = await fetch(`${url}/?token=${token}`, { redirect: 'manual' })
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  expect(cookie).not.toContain(token)
  const pair = cookie.split(';')[0] ?? ''
  expect((await fetch(`${url}/api/system/info`, { headers: { cookie: pair } })).status).toBe(200)
  const wrong = await fetch(`${url}/?token=wrong`, { redirect: 'manual' })
  expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([303, null])
  expect(peer.counters.get('web.refused:bad-token')).toBe(1)
})

test('without the token, from another page, or under another name there is no answer', async () => {
  expect((await fetch(`${url}/api/system/info`)).status).toBe(401)
  expect(await (await fetch(`${url}/api/fleet`)).json()).toMatchObject({ code: 'UNAUTHORIZED' })
  const bearer = { authorization: `Bearer ${token}` }
  expect((await raw('/api/fleet', { ...bearer, host: 'evil.example' })).status).toBe(403)
  expect((await raw('/', { host: 'evil.example' })).status).toBe(403)
  expect((await api('/lab/stop', { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(403)
  expect(await open({})).toBe(401)
  expect(await open({ ...bearer, origin: 'http://evil.example' })).toBe(403)
  expect(await open({ ...bearer, host: 'evil.example' })).toBe(403)
  expect(await open(bearer, '/api/other')).toBe(404)
  expect(peer.counters.get('web.refused:bad-host')).toBe(3)
  expect(peer.counters.get('web.refused:bad-origin')).toBe(2)
  expect(peer.counters.get('web.refused:no-token')).toBe(3)
})

test('the page comes with its headers; nothing beside it can be read', async () => {
  const page = await fetch(`${url}/`)
  expect([page.status, await page.text()]).toEqual([200, '<title>dt-swarm</title>'])
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await fetch(`${url}/assets/index-1.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  writeFileSync(join(home, 'secret.txt'), 'secret')
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%00',
    '/%',
  ]) {
    const answer = await raw(path, {})
    expect([path, answer.status, answer.body.includes('secret')]).toEqual([path, 404, false])
  }
  rmSync(join(root, 'index.html'))
  const missing = await fetch(`${url}/`)
  expect([missing.status, await missing.text()]).toEqual([503, expect.stringContaining('npm run build')])
})

test('calls over HTTP: answers, declared errors, bodies that are none', async () => {
  expect(await (await api('/fleet')).json()).toMatchObject([{ name: 'laptop' }])
  expect((await api(`/fleet/${peerB}`)).status).toBe(404)
  expect(await (await api('/fleet/duckie')).json()).toMatchObject({ code: 'INVALID_INPUT', status: 400 })
  expect(await (await api('/nothing')).json()).toMatchObject({ code: 'NOT_FOUND' })
  expect((await api('/transfers/clear', { method: 'POST' })).status).toBe(200)
  expect(await (await post('/lab/start', { robots: 2 })).json()).toMatchObject({ code: 'UNSUPPORTED', status: 501 })
  expect(await (await post('/lab/start', { robots: 'x' })).json()).toMatchObject({ code: 'INVALID_INPUT' })
  const bad = await api('/lab/start', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } })
  expect(await bad.json()).toMatchObject({ code: 'INVALID_INPUT' })
  const form = await api('/lab/start', { method: 'POST', body: new URLSearchParams({ robots: '2' }) })
  expect(form.status).toBe(400)
  const large = await api('/lab/start', {
    method: 'POST',
    body: 'x'.repeat(300_000),
    headers: { 'content-type': 'application/json' },
  })
  expect(large.status).toBe(413)
  const deep = await api('/settings', {
    method: 'PATCH',
    body: `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    headers: { 'content-type': 'application/json' },
  })
  expect(deep.status).toBeGreaterThanOrEqual(400)
  expect((await api('/fleet')).status).toBe(200)
})

test('live data over plain HTTP end with the reader', async () => {
  const controller = new AbortController()
  const answer = await api('/fleet/watch', { signal: controller.signal })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const reader = answer.body?.getReader()
  let text = ''
  while (!text.includes('snapshot')) text += new TextDecoder().decode((await reader?.read())?.value)
  expect(peer.listenerCount).toBe(1)
  controller.abort()
  await expect.poll(() => peer.listenerCount).toBe(0)
})

test('an upload streams in and can be read back, whole and in part', async () => {
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 251))
  const answer = await api('/files/upload?name=run%201.mcap', { method: 'PUT', body: bytes })
  expect(answer.status).toBe(200)
  const { cid } = (await answer.json()) as { cid: string }
  const whole = await api(`/files/${cid}/content`)
  expect(whole.headers.get('content-disposition')).toContain('attachment; filename="run 1.mcap"')
  expect(whole.headers.get('content-type')).toBe('application/octet-stream')
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
  const part = await api(`/files/${cid}/content`, { headers: { range: 'bytes=1500-3499' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1500-3499/10000'])
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_500, 3_500))).toBe(true)
  const head = await api(`/files/${cid}/content`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '10000'])
  expect((await api(`/files/${cid}/content`, { headers: { range: 'bytes=10000-' } })).status).toBe(416)
  expect(await (await api('/files/nonsense/content')).json()).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await (await api(`/files/${cid.slice(0, -1)}x/content`)).json()).toMatchObject({ code: 'FETCH_FAILED' })
})

test('an upload with a bad name is refused; one that breaks off leaves nothing', async () => {
  expect((await api('/files/upload', { method: 'PUT', body: 'x' })).status).toBe(400)
  const bad = await api('/files/upload?name=..%2Fx', { method: 'PUT', body: 'x' })
  expect(await bad.json()).toMatchObject({ code: 'INVALID_INPUT' })
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    `PUT /api/files/upload?name=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\nhalf`,
  )
  await expect.poll(() => peer.files.uploaded).toBe(4)
  socket.destroy()
  await expect.poll(() => peer.files.aborted, { timeout: 5_000 }).toBe(1)
  expect(peer.files.contents.size).toBe(0)
})

test('the OpenAPI document names every call, the file paths and the token', async () => {
  const document = (await (await api('/openapi.json')).json()) as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; responses: object }>>
    components: { securitySchemes: object }
  }
  expect(document.openapi).toMatch(/^3\.1/)
  expect(document.components.securitySchemes).toHaveProperty('token')
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  const ids = operations.map((operation) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(expect.arrayContaining(['fleet.list', 'files.fetch', 'files.upload', 'files.content']))
  expect(operations.every((operation) => Object.keys(operation.responses).length > 0)).toBe(true)
  expect(JSON.stringify(document)).toContain('12D3KooW')
})

test('the WebSocket carries calls and live data, and leaves nothing behind', async () => {
  const socket = await openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  await expect(client.fleet.get({ peer: peerB })).rejects.toMatchObject({ code: 'NOT_FOUND', defined: true })
  const events = await client.fleet.watch()
  expect((await events.next()).value).toMatchObject({ type: 'snapshot' })
  peer.machines.set(peerB, machine(peerB, 'duckie02'))
  peer.machineEvents.emit('machines:changed', { peers: [peerB] })
  expect((await events.next()).value).toMatchObject({ changed: [{ name: 'duckie02' }] })
  await client.files.watch()
  await events.return?.()
  socket.close()
  await expect.poll(() => peer.listenerCount).toBe(0)
})

test.each([
  ['text that is no JSON', 'hello', 1008, 'bad-json'],
  ['JSON that is no message', '{"a":1}', 1008, 'bad-message'],
  ['bytes', Buffer.from([1, 2, 3]), 1008, 'binary-frame'],
  ['a frame that is too large', 'x'.repeat(1_100_000), 1009, 'frame-too-large'],
])('a socket that sends %s is cut off with a reason; others go on', async (_, frame, code, reason) => {
  const [bad, good] = [await openSocket(), await openSocket()]
  const closed = closing(bad)
  bad.send(frame)
  expect(await closed).toMatchObject({ code })
  expect(peer.counters.get(`web.refused:${reason}`)).toBe(1)
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: good as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  good.close()
})

test('a message of the right form with a nonsense body is answered, not cut', async () => {
  const socket = await openSocket()
  const answers: string[] = []
  socket.on('message', (data: Buffer) => answers.push(data.toString()))
  socket.send(JSON.stringify({ i: '1', p: { u: '/fleet/get', b: { json: { peer: 7 }, meta: [] } } }))
  socket.send(JSON.stringify({ i: '2', p: { u: '/no/such/call', b: { json: {} } } }))
  socket.send(JSON.stringify({ i: '3', p: { u: '/fleet/get', b: 'garbage' } }))
  socket.send(JSON.stringify({ i: '4', p: { u: '/fleet/get', b: { json: {}, meta: [[99, 'a', '__proto__', 'x']] } } }))
  await expect.poll(() => answers.length).toBe(4)
  expect(answers.join()).not.toMatch(/node_modules|at .*\.ts:/)
  socket.close()
})

test('a reader that takes nothing is cut off before it costs much memory', async () => {
  for (let n = 0; n < 1_000; n += 1) {
    const id = `${peerB.slice(0, -4)}${String(n).padStart(4, '1').replaceAll('0', 'z')}` as typeof peerB
    peer.machines.set(id, machine(id, `duckie${n}`))
  }
  const socket = await openSocket()
  const closed = new Promise((done) => socket.once('close', done))
  socket.pause()
  for (let call = 0; call < 100; call += 1)
    socket.send(JSON.stringify({ i: String(call), p: { u: '/fleet/list', b: {} } }))
  await expect.poll(() => peer.counters.get('web.refused:slow-reader'), { timeout: 20_000 }).toBe(1)
  socket.resume()
  await closed
  const other = await openSocket()
  const client: ApiClient = createORPCClient(new RPCLink({ websocket: other as unknown as globalThis.WebSocket }))
  expect(await client.system.info()).toMatchObject({ name: 'laptop' })
  other.close()
})

test('a port that is taken: the next one by default, a clear error when it was asked for', async () => {
  const { port } = new URL(url)
  const next = new WebServer(
    { peer, router: createRouter(peer, bareShell) },
    { address: { host: '127.0.0.1', port: Number(port), explicit: false }, home, version: '0.1.0', root },
  )
  await next.start()
  expect(next.url).not.toBe(url)
  await next.stop()
  const same = new WebServer(
    { peer, router: createRouter(peer, bareShell) },
    { address: { host: '127.0.0.1', port: Number(port), explicit: true }, home, version: '0.1.0', root },
  )
  await expect(same.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await same.stop()
})

test('another peer is served on the same address: who looks on is dropped and finds the new one', async () => {
  const socket = await openSocket()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  web.setPeer(null)
  await closed
  const between = await api('/settings')
  expect([between.status, between.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await open({ authorization: `Bearer ${token}` })).toBe(503)

  const next = new MemoryPeer()
  await next.settings.update({ name: 'in another swarm' })
  web.setPeer({ peer: next, router: createRouter(next, bareShell) })
  expect(await (await api('/settings')).json()).toMatchObject({ name: 'in another swarm' })
  const again = await openSocket()
  again.close()
  expect(peer.listenerCount).toBe(0)
})

test('a URI names a file: by CID of either version, or by its SHA-1, which is compared', async () => {
  const bytes = Buffer.alloc(10_000, 7)
  const sha1 = hash('sha1', bytes)
  peer.files.put('run 1.mcap', bytes)
  const of = (uri: string, headers = {}) => api(`/files/content?uri=${encodeURIComponent(uri)}`, { headers })
  const whole = await of(`sha1://${sha1}/other-name.mcap`)
  expect(whole.headers.get('content-disposition')).toContain('filename="run 1.mcap"')
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes)
  expect((await of(`sha1://${sha1}`, { range: 'bytes=10-19' })).status).toBe(206)

  for (const wrong of ['', 'run-1.mcap', 'sha1://12', 'http://example.org']) {
    expect(await (await of(wrong)).json()).toMatchObject({ code: 'INVALID_INPUT' })
  }
  expect(await (await api('/files/content')).json()).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await (await of(`sha1://${hash('sha1', 'nobody')}`)).json()).toMatchObject({ code: 'NOT_FOUND' })
})

test('what is said to have a SHA-1 and has another never comes whole, and is not believed again', async () => {
  const sha1 = hash('sha1', 'the truth')
  for (const bytes of [Buffer.alloc(10_000, 1), Buffer.from('tiny')]) {
    peer.files.disproved.length = 0
    peer.files.contents.clear()
    peer.files.put('liar.mcap', bytes, { sha1 })
    const reading = api(`/files/content?uri=sha1://${sha1}`).then((answer) => answer.arrayBuffer())
    await expect(reading).rejects.toThrow(/terminated|fetch failed/)
    expect(peer.files.disproved).toEqual([sha1])
  }
})

test('queries of files come as HTTP gives them, and file channels are joined and left', async () => {
  const log = {
    format: 'mcap',
    startMs: 1_000,
    endMs: 5_000,
    messages: 3,
    topics: [{ name: '/camera/image', type: 'sensor_msgs/Image', count: 3 }],
    moreTopics: 0,
    whole: true,
    problem: null,
    facts: [],
  } as const
  peer.files.put('a.mcap', Buffer.from('a'), { log: { ...log, topics: [...log.topics], facts: [] } })
  peer.files.put('b.txt', Buffer.from('b'), { modifiedAtMs: 9_000 })
  const names = async (query: string) =>
    ((await (await api(`/files?${query}`)).json()) as { name: string }[]).map(({ name }) => name)
  expect(await names('fromMs=4000&toMs=6000')).toEqual(['a.mcap'])
  expect(await names('fromMs=6000')).toEqual(['b.txt'])
  expect(await names('topic=/camera/image')).toEqual(['a.mcap'])
  expect(await names('topic=/camera/')).toEqual(['a.mcap'])
  expect(await names('topic=/camera')).toEqual([])
  expect(await names('format=mcap')).toEqual(['a.mcap'])
  expect((await api('/files?fromMs=soon')).status).toBe(400)

  expect(await (await post('/files/channels/lab/join', {})).json()).toMatchObject({ name: 'lab', joined: true })
  expect(await (await api('/files/channels')).json()).toHaveLength(1)
  expect((await post('/files/channels/No%20Name/join', {})).status).toBe(400)
  expect(await (await post('/files/channels/lab/leave', {})).json()).toMatchObject({ joined: false })
})
