import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { expect, it } from 'vitest'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { KuboStore } from './kubo-store.ts'
import { exchangeOf } from './testing/content-store-suite.ts'

it('what is kept is asked for once, and again only before something is let go of, however much is pinned', async () => {
  const cidOf = (n: number): Cid => {
    const digest = new Uint8Array(32)
    new DataView(digest.buffer).setUint32(0, n)
    return CID.createV1(0x55, create(0x12, digest)).toString() as Cid
  }
  const pinned = Array.from({ length: 3_000 }, (_, n) => cidOf(n))
  const unpinned: string[] = []
  // A daemon as far as a collection needs it, with more pins than a test can make in a real one.
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kubo')
    request.resume()
    response.setHeader('content-type', 'application/json')
    if (pathname.endsWith('/pin/ls')) {
      for (const cid of pinned)
        response.write(`${JSON.stringify({ Cid: cid, Type: 'recursive', Name: 'dt-swarm/a' })}\n`)
    } else {
      const cid = searchParams.get('arg') ?? ''
      unpinned.push(cid)
      response.write(JSON.stringify({ Pins: [cid] }))
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const store = new KuboStore(
    {
      exchange: exchangeOf(new Map()),
      peerId: 'a' as PeerId,
      clock: systemClock,
      random: Math.random,
      counters: new Counters(),
    },
    { url: `127.0.0.1:${(server.address() as AddressInfo).port}` },
  )
  const [gone, back, wanted, ...rest] = pinned as [Cid, Cid, Cid, ...Cid[]]
  let asked = 0
  const kept = () => {
    asked += 1
    // One comes to be kept while it is collected.
    const whole = new Map([...rest, ...(asked > 2 ? [back] : [])].map((cid) => [cid, { sizeBytes: 8 }]))
    return { whole, partial: [wanted] }
  }
  await store.collect(kept, { signal: new AbortController().signal })
  server.close()
  expect(unpinned).toEqual([gone])
  expect(asked).toBeLessThan(5)
})
