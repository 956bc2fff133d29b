import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CID } from 'multiformats/cid'
import { afterEach, expect, it } from 'vitest'
import { KuboRpc } from './kubo-rpc.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

/** Something that answers every call like this; null: never. */
async function answering(answer: { status: number; body: unknown } | null): Promise<KuboRpc> {
  const server = createServer((request, response) => {
    request.resume()
    if (answer === null) return
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return new KuboRpc({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

const cid = CID.parse('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
const { signal } = new AbortController()

async function* some(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('hello')
}

it.each([
  [{ status: 403, body: 'Forbidden' }, /refuses us \(403\).*API\.Authorizations/],
  [{ status: 404, body: '<html>' }, /is no Kubo/],
  [
    { status: 200, body: { Version: '0.30.0', ID: '12D3KooWRw9wsEKgHJbaq4jhvK1knoHrEJ1QWtSuwzv68nQXE8Pi' } },
    /0\.30\.0 is too old/,
  ],
])('what answers %j is not used, and it says why', async (answer, why) => {
  const rpc = await answering(answer)
  await expect(rpc.facts()).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE', message: expect.stringMatching(why) })
})

it('another server that knows no such page does not count as a Kubo that lacks a block', async () => {
  const rpc = await answering({ status: 404, body: '404 page not found' })
  for (const call of [rpc.getBlock(cid), rpc.hasBlock(cid), rpc.pinOf(cid), rpc.pin(cid, 'x')]) {
    await expect(call).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE' })
  }
  const kubo = await answering({ status: 500, body: { Message: 'ipld: could not find it', Code: 0 } })
  expect(await kubo.getBlock(cid)).toBeUndefined()
})

it.each([
  ['<html>a web page</html>', 200],
  [{}, 200],
  [{ Version: 7 }, 200],
])('an answer that is not from Kubo (%j) is an error, not a crash', async (body, status) => {
  const rpc = await answering({ status, body })
  await expect(rpc.facts()).rejects.toThrow(/Kubo at http/)
  await expect(rpc.add(some(), { signal })).rejects.toThrow(/Kubo at http/)
})

it('nobody there: says so with the address and the remedy', async () => {
  const rpc = await answering(null)
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  const told = {
    code: 'KUBO_UNREACHABLE',
    message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be used: nothing listens there\. Start it/),
  }
  const calls = [rpc.facts(), rpc.getBlock(cid), rpc.add(some(), { signal }), rpc.pinOf(cid)]
  await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(told)))
})

it('one that takes all of a file and is then gone is not waited for', async () => {
  const server = createServer((request) => {
    request.resume()
    if (!request.url?.includes('/add')) request.socket.destroy()
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const rpc = new KuboRpc({ url: `127.0.0.1:${port}`, lookEveryMs: 10 })
  await expect(rpc.add(some(), { signal })).rejects.toMatchObject({ code: 'KUBO_UNREACHABLE' })
})

it('one that never answers is given up after its time', async () => {
  const rpc = await answering(null)
  await expect(rpc.getBlock(cid, { timeoutMs: 100 })).rejects.toMatchObject({
    code: 'KUBO_UNREACHABLE',
    message: expect.stringContaining('it does not answer'),
  })
})

it('an abort of the caller stays an abort', async () => {
  const rpc = await answering(null)
  const stop = new AbortController()
  const wanted = { signal: stop.signal }
  const calls = [rpc.getBlock(cid, wanted), rpc.add(some(), wanted)].map((call) =>
    expect(call).rejects.toThrow('enough'),
  )
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await Promise.all(calls)
})

it('a full disk is told as one, also when it fills up half way', async () => {
  const rpc = await answering({ status: 500, body: { Message: 'write /blocks: no space left on device', Code: 0 } })
  const full = { code: 'DISK_FULL', message: expect.stringContaining('ipfs repo gc') }
  await expect(rpc.putBlock(cid, Buffer.from('x'))).rejects.toMatchObject(full)
  await expect(rpc.add(some(), { signal })).rejects.toMatchObject(full)
})
