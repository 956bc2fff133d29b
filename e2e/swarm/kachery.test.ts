import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { FileChannelView, FoundView } from '../../src/shared/file-views.ts'
import { cidIn, heard, sha1Of, soon, threeDaemons } from './fixtures/three-daemons.ts'

/** The way scripts use files: store here, load there, by CID or SHA-1. */
const { robot, laptop, server, here, cli, said, made } = threeDaemons()

test('store prints the URI, by which load brings the file, once', async () => {
  const bytes = randomBytes(700_000)
  const uri = await said(robot, 'store', made('drive 1.mcap', bytes))
  expect(uri).toMatch(/^ipfs:\/\/baf[a-z2-7]+\/drive%201\.mcap$/)
  await heard(laptop, cidIn(uri))
  const path = await said(laptop, 'load', uri)
  expect(path).toBe(here('work', 'drive 1.mcap'))
  expect(readFileSync(path)).toEqual(bytes)

  // Again: it is there, and stays as it is.
  const before = statSync(path).mtimeMs
  expect(await said(laptop, 'load', uri)).toBe(path)
  expect(statSync(path).mtimeMs).toBe(before)
  writeFileSync(path, 'something else')
  expect(await cli(laptop, 'load', uri)).toMatchObject({ code: 2, stdout: '' })
  expect(readFileSync(path, 'utf8')).toBe('something else')
  expect(await said(laptop, 'load', uri, '--dest', here('work', 'there.mcap'))).toBe(here('work', 'there.mcap'))
  expect(readFileSync(here('work', 'there.mcap'))).toEqual(bytes)
})

test('by its SHA-1 too, and cat gives any range of it', async () => {
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join('\n'))
  const uri = await said(robot, 'store', made('lines.txt', bytes))
  await heard(laptop, cidIn(uri))
  const bySha1 = `sha1://${sha1Of(bytes)}/lines.txt`
  expect(await said(laptop, 'cat', bySha1)).toBe(bytes.toString())
  expect(await said(laptop, 'cat', '--range', '5-11', uri)).toBe(bytes.subarray(5, 12).toString().trimEnd())
  expect(await said(laptop, 'cat', '--range', '-4', cidIn(uri))).toBe('4999')
  expect(readFileSync(await said(laptop, 'load', bySha1))).toEqual(bytes)
  expect(await cli(laptop, 'cat', '--range', '9-5', uri)).toMatchObject({ code: 2 })
  expect(await cli(laptop, 'cat', '--range', '99999999-', uri)).toMatchObject({ code: 2 })
})

test('find tells who has it, info what it is; what nobody has is said with exit code 1', async () => {
  const bytes = Buffer.from('t,x,y\n0,1,2\n1,3,4\n')
  const uri = await said(robot, 'store', made('table.csv', bytes))
  await heard(laptop, cidIn(uri))
  const found = JSON.parse(await said(laptop, 'find', uri, '--json')) as FoundView
  expect(found).toMatchObject({
    cid: cidIn(uri),
    sha1: sha1Of(bytes),
    local: false,
    providers: [{ peer: robot.ready.peerId, name: 'robot', alive: true, how: 'record' }],
  })
  const info = await said(laptop, 'info', `sha1://${sha1Of(bytes)}`)
  for (const fact of [
    'Name:        table.csv',
    sha1Of(bytes),
    'Robot:       robot',
    'Type:        csv',
    'Held by:     robot',
  ]) {
    expect(info).toContain(fact)
  }
  const nobody = await cli(laptop, 'find', `sha1://${sha1Of(Buffer.from('nobody'))}`)
  expect(nobody).toMatchObject({ code: 1, stdout: '' })
  expect(nobody.stderr).toContain('nobody is known to have sha1://')
  expect(await cli(laptop, 'info', `sha1://${sha1Of(Buffer.from('nobody'))}`)).toMatchObject({ code: 1 })
  expect(await cli(laptop, 'find', 'table.csv')).toMatchObject({ code: 2 })
})

test('link shares a file where it lies, without a copy in the share folder', async () => {
  const bytes = randomBytes(300_000)
  const path = made('linked.bag', bytes)
  const uri = await said(robot, 'link', path)
  expect(uri).toMatch(/^ipfs:\/\/baf[a-z2-7]+\/linked\.bag$/)
  expect(existsSync(join(robot.share, 'linked.bag'))).toBe(false)
  await heard(laptop, cidIn(uri))
  expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)

  expect(await said(robot, 'unshare', uri)).toBe(cidIn(uri))
  expect(existsSync(path)).toBe(true)
  await vi.waitFor(async () => expect((await laptop.files()).map(({ cid }) => cid)).not.toContain(cidIn(uri)), soon)
})

test('what no record names is found by asking: a copy whose origin no longer shares it', async () => {
  const bytes = randomBytes(400_000)
  const uri = await said(robot, 'store', made('left.bag', bytes))
  await heard(server, cidIn(uri))
  await heard(laptop, cidIn(uri))
  expect(await said(server, 'keep', uri)).toBe(cidIn(uri))
  await vi.waitFor(
    async () => expect(await server.json(`/files/find?uri=${cidIn(uri)}`)).toMatchObject({ local: true }),
    soon,
  )
  await said(robot, 'unshare', uri)
  const bySha1 = `sha1://${sha1Of(bytes)}/left.bag`
  // The share is gone from the records, and nobody but the server knows which file has this SHA-1.
  const found = await vi.waitFor(async () => {
    const one = JSON.parse(await said(laptop, 'find', bySha1, '--json')) as FoundView
    expect(one.providers.map(({ name, how }) => `${name} ${how}`)).toEqual(['server answer'])
    return one
  }, soon)
  expect(found.cid).toBe(cidIn(uri))
  expect(readFileSync(await said(laptop, 'load', bySha1))).toEqual(bytes)
})

test('when a provider dies, the next one gives the file', async () => {
  const bytes = randomBytes(500_000)
  const uri = await said(robot, 'store', made('twice.bag', bytes))
  await heard(server, cidIn(uri))
  await heard(laptop, cidIn(uri))
  await said(server, 'keep', uri)
  await vi.waitFor(async () => {
    const { providers } = await laptop.json<FoundView>(`/files/find?uri=${cidIn(uri)}`)
    expect(providers.map(({ name }) => name).sort()).toEqual(['robot', 'server'])
  }, soon)
  await robot.stop('SIGKILL')
  try {
    expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)
  } finally {
    await robot.start()
  }
}, 180_000)

test('a file of a channel is listed, found and given on it alone', async () => {
  await said(robot, 'channels', 'join', 'course-2026')
  await said(laptop, 'channels', 'join', 'course-2026')
  const bytes = randomBytes(200_000)
  const uri = await said(robot, 'store', '--channel', 'course-2026', made('exam.bag', bytes))
  await heard(laptop, cidIn(uri))
  await vi.waitFor(async () => {
    const [channel] = await laptop.json<FileChannelView[]>('/files/channels')
    expect(channel).toEqual({ name: 'course-2026', joined: true, members: 2, files: 1 })
  }, soon)
  await vi.waitFor(async () => {
    const [channel] = await server.json<FileChannelView[]>('/files/channels')
    expect(channel).toEqual({ name: 'course-2026', joined: false, members: 2, files: 1 })
  }, soon)
  expect((await server.files()).map(({ cid }) => cid)).not.toContain(cidIn(uri))
  expect(await cli(server, 'find', `sha1://${sha1Of(bytes)}`)).toMatchObject({ code: 1 })
  const refused = await cli(server, 'load', uri)
  expect(refused.code).toBe(1)
  expect(existsSync(here('work', 'exam.bag'))).toBe(false)
  expect(await cli(server, 'find', '--channel', 'course-2026', uri)).toMatchObject({ code: 2 })

  expect(readFileSync(await said(laptop, 'load', uri))).toEqual(bytes)
  await said(server, 'channels', 'join', 'course-2026')
  expect((await server.files()).map(({ cid }) => cid)).toContain(cidIn(uri))
  const both = await said(server, 'channels')
  expect(both).toMatch(/Message channels[\s\S]*gossip[\s\S]*File channels[\s\S]*course-2026 +yes +3 +1/)
}, 180_000)
