import { hash } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebRig } from './testing/web-rig.ts'

let rig: WebRig
beforeEach(async () => {
  rig = await WebRig.start()
})
afterEach(() => rig.stop())

test('an upload streams in and can be read back, whole and in part', async () => {
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, n) => n % 251))
  const answer = await rig.api('/files/upload?name=run%201.mcap', { method: 'PUT', body: bytes })
  expect(answer.status).toBe(200)
  const { cid } = (await answer.json()) as { cid: string }
  const whole = await rig.api(`/files/${cid}/content`)
  expect(whole.headers.get('content-disposition')).toContain('attachment; filename="run 1.mcap"')
  expect(whole.headers.get('content-type')).toBe('application/octet-stream')
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
  const part = await rig.api(`/files/${cid}/content`, { headers: { range: 'bytes=1500-3499' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1500-3499/10000'])
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_500, 3_500))).toBe(true)
  const head = await rig.api(`/files/${cid}/content`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '10000'])
  const past = await rig.api(`/files/${cid}/content`, { headers: { range: 'bytes=10000-' } })
  expect([past.status, past.headers.get('content-range')]).toEqual([416, 'bytes */10000'])
  expect(await past.json()).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('10000 bytes') })
  const empty = rig.peer.files.put('empty.log', Buffer.alloc(0))
  const none = await rig.api(`/files/${empty}/content`, { headers: { range: 'bytes=0-4095' } })
  expect([none.status, await none.text()]).toEqual([200, ''])
  expect(await (await rig.api('/files/nonsense/content')).json()).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await (await rig.api(`/files/${cid.slice(0, -1)}x/content`)).json()).toMatchObject({ code: 'FETCH_FAILED' })
})

test('an upload with a bad name is refused; one that breaks off leaves nothing', async () => {
  expect((await rig.api('/files/upload', { method: 'PUT', body: 'x' })).status).toBe(400)
  const bad = await rig.api('/files/upload?name=..%2Fx', { method: 'PUT', body: 'x' })
  expect(await bad.json()).toMatchObject({ code: 'INVALID_INPUT' })
  const { port } = new URL(rig.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    `PUT /api/files/upload?name=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${rig.token}\r\nContent-Length: 1000\r\n\r\nhalf`,
  )
  await expect.poll(() => rig.peer.files.uploaded).toBe(4)
  socket.destroy()
  await expect.poll(() => rig.peer.files.aborted, { timeout: 20_000 }).toBe(1)
  expect(rig.peer.files.contents.size).toBe(0)
})

test('names are UTF-8; what is none is refused', async () => {
  for (const wrong of ['%ff.log', '%C3', 'a%ed%a0%80']) {
    const refused = await rig.api(`/files/upload?name=${wrong}`, { method: 'PUT', body: 'x' })
    expect([refused.status, await refused.json()]).toMatchObject([400, { message: expect.stringContaining('UTF-8') }])
  }
  expect(rig.peer.files.contents.size).toBe(0)
  const upload = async (name: string) => {
    const answer = await rig.api(`/files/upload?name=${name}`, { method: 'PUT', body: 'x' })
    return ((await answer.json()) as { name: string }).name
  }
  expect(await upload('%C3%BCber.log')).toBe('über.log')
  expect(await upload('100%.log')).toBe('100%.log')
})

/** Sends a body many times over, and only when all of it is sent reads the answer, as many programs do. */
async function sendAll(path: string, piece: Buffer, times: number): Promise<string> {
  const { port } = new URL(rig.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.pause()
  socket.on('error', () => {})
  const write = (bytes: Buffer | string) =>
    new Promise<void>((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve())))
  const length = piece.length * times
  await write(
    `PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nAuthorization: Bearer ${rig.token}\r\nContent-Length: ${length}\r\n\r\n`,
  )
  for (let i = 0; i < times; i += 1) await write(piece)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

test('whoever sends all before he reads is told the refusal, not a broken pipe', async () => {
  const piece = Buffer.alloc(256 * 1_024)
  expect(await sendAll('/api/files/upload?name=..%2Fx', piece, 128)).toMatch(/^HTTP\/1\.1 400[^]*INVALID_INPUT/)
  rig.peer.files.roomBytes = 1_000_000
  expect(await sendAll('/api/files/upload?name=x', piece, 128)).toMatch(/^HTTP\/1\.1 507[^]*DISK_FULL/)
  expect(await sendAll('/api/files/queue', piece, 128)).toMatch(/^HTTP\/1\.1 4\d\d[^]*"code"/)
})

test('a URI names a file: by CID of either version, or by its SHA-1, which is compared', async () => {
  const bytes = Buffer.alloc(10_000, 7)
  const sha1 = hash('sha1', bytes)
  rig.peer.files.put('run 1.mcap', bytes)
  const of = (uri: string, headers = {}) => rig.api(`/files/content?uri=${encodeURIComponent(uri)}`, { headers })
  const whole = await of(`sha1://${sha1}/other-name.mcap`)
  expect(whole.headers.get('content-disposition')).toContain('filename="run 1.mcap"')
  expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes)
  expect((await of(`sha1://${sha1}`, { range: 'bytes=10-19' })).status).toBe(206)

  for (const wrong of ['', 'run-1.mcap', 'sha1://12', 'http://example.org']) {
    expect(await (await of(wrong)).json()).toMatchObject({ code: 'INVALID_INPUT' })
  }
  expect(await (await rig.api('/files/content')).json()).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await (await of(`sha1://${hash('sha1', 'nobody')}`)).json()).toMatchObject({ code: 'NOT_FOUND' })
})

test('what is said to have a SHA-1 and has another never comes whole, and is not believed again', async () => {
  const sha1 = hash('sha1', 'the truth')
  for (const bytes of [Buffer.alloc(10_000, 1), Buffer.from('tiny')]) {
    rig.peer.files.disproved.length = 0
    rig.peer.files.contents.clear()
    rig.peer.files.put('liar.mcap', bytes, { sha1 })
    const reading = rig.api(`/files/content?uri=sha1://${sha1}`).then((answer) => answer.arrayBuffer())
    await expect(reading).rejects.toThrow(/terminated|fetch failed/)
    expect(rig.peer.files.disproved).toEqual([sha1])
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
  rig.peer.files.put('a.mcap', Buffer.from('a'), { log: { ...log, topics: [...log.topics], facts: [] } })
  rig.peer.files.put('b.txt', Buffer.from('b'), { modifiedAtMs: 9_000 })
  const names = async (query: string) =>
    ((await (await rig.api(`/files?${query}`)).json()) as { name: string }[]).map(({ name }) => name)
  expect(await names('fromMs=4000&toMs=6000')).toEqual(['a.mcap'])
  expect(await names('fromMs=6000')).toEqual(['b.txt'])
  expect(await names('topic=/camera/image')).toEqual(['a.mcap'])
  expect(await names('topic=/camera/')).toEqual(['a.mcap'])
  expect(await names('topic=/camera')).toEqual([])
  expect(await names('format=mcap')).toEqual(['a.mcap'])
  expect((await rig.api('/files?fromMs=soon')).status).toBe(400)

  expect(await (await rig.post('/files/channels/lab/join', {})).json()).toMatchObject({ name: 'lab', joined: true })
  expect(await (await rig.api('/files/channels')).json()).toHaveLength(1)
  const bad = await rig.post('/files/channels/No%20Name/join', {})
  expect([bad.status, await bad.json()]).toMatchObject([400, { message: expect.stringContaining('small letters') }])
  const upload = await rig.api('/files/upload?name=x&channel=No', { method: 'PUT', body: 'x' })
  expect([upload.status, await upload.json()]).toMatchObject([
    400,
    { message: expect.stringContaining('small letters') },
  ])
  expect(await (await rig.post('/files/channels/lab/leave', {})).json()).toMatchObject({ joined: false })
})
