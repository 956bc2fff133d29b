import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { peerIdOfKey } from '../../model/peer-key.ts'
import { packChecks, unpackChecks, type SignatureCheck } from './verify-batch.ts'
import { VerifyPool, type VerifyPoolInit } from './verify-pool.ts'

const pools: VerifyPool[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()))
})

async function make(init: VerifyPoolInit = {}) {
  const counters = new Counters()
  const pool = new VerifyPool({ counters, log: silentLog }, { workers: 2, ...init })
  pools.push(pool)
  await pool.start()
  return { pool, counters }
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const peer = peerIdOfKey(rawKey(publicKey))

function rawKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

/** Checks of which every `badEvery`th is forged. */
function makeChecks(count: number, badEvery = 7): SignatureCheck[] {
  return Array.from({ length: count }, (_, i) => {
    const message = randomBytes(53)
    const signature = sign(null, message, privateKey)
    if (i % badEvery === 0) signature[5] = (signature[5] ?? 0) ^ 1
    return { peer, message, signature }
  })
}

const expected = (count: number): number[] => Array.from({ length: count }, (_, i) => (i % 7 === 0 ? 0 : 1))

test('packing keeps every check as it was', () => {
  const checks = makeChecks(20)
  const unpacked = unpackChecks(packChecks(checks))
  expect(unpacked.map(({ peer, message, signature }) => [peer, [...message], [...signature]])).toEqual(
    checks.map(({ peer, message, signature }) => [peer, [...message], [...signature]]),
  )
})

test('tells good from forged, in order, few on the spot and many on threads', async () => {
  const { pool } = await make()
  expect([...(await pool.verify(makeChecks(10)))]).toEqual(expected(10))
  expect(pool.threads).toBe(0)
  expect([...(await pool.verify(makeChecks(1_700)))]).toEqual(expected(1_700))
  expect(pool.threads).toBe(2)
})

test('a thread that dies is replaced, and its batch is done again', async () => {
  const worker = `
    import { parentPort } from 'node:worker_threads'
    import { existsSync, writeFileSync } from 'node:fs'
    parentPort.on('message', ({ id, packed }) => {
      if (!existsSync(FLAG)) { writeFileSync(FLAG, ''); process.exit(3) }
      const good = new Uint8Array(new DataView(packed.buffer).getUint32(0)).fill(1)
      parentPort.postMessage({ id, good })
    })`
  const dir = mkdtempSync(`${tmpdir()}/dt-swarm-verify-`)
  const url = new URL(`data:text/javascript,${encodeURIComponent(worker.replaceAll('FLAG', `'${dir}/died'`))}`)
  const { pool, counters } = await make({ workers: 1, workerUrl: url })
  expect([...(await pool.verify(makeChecks(30)))]).toEqual(Array.from({ length: 30 }, () => 1))
  expect(counters.get('verify.thread-lost')).toBe(1)
  rmSync(dir, { recursive: true })
})

test('a batch that kills every thread fails, and the pool goes on', async () => {
  const url = new URL(`data:text/javascript,${encodeURIComponent('process.exit(1)')}`)
  const { pool, counters } = await make({ workers: 1, workerUrl: url })
  await expect(pool.verify(makeChecks(30))).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(counters.get('verify.thread-lost')).toBe(2)
  expect([...(await pool.verify(makeChecks(7)))]).toEqual(expected(7))
})

test('stop ends the threads and what they were asked', async () => {
  const { pool } = await make()
  const outcome = pool.verify(makeChecks(5_000)).catch((error: unknown) => (error as { code: string }).code)
  await pool.stop()
  expect(await outcome).toBe('INTERNAL')
  expect(pool.threads).toBe(0)
  await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('Worker'))
})
