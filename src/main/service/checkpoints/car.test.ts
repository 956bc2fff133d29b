import { CarReader, CarWriter } from '@ipld/car'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import { blockOf, type Block } from '../../model/checkpoint.ts'
import { carBytes, readCar, writeCar } from './car.ts'

const blocks = ['root', 'one', 'two'].map((text) => blockOf(Buffer.from(text.repeat(300))))
const root = blocks[0]?.cid ?? blockOf(new Uint8Array(0)).cid
const load = async (cid: Block['cid']): Promise<Uint8Array> => {
  const found = blocks.find((block) => block.cid.equals(cid))
  if (found === undefined) throw new Error('no such block')
  return found.bytes
}
const cids = blocks.map(({ cid }) => cid)

async function ours(): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of writeCar(root, cids, load)) parts.push(part)
  return Buffer.concat(parts)
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size = 7): Promise<string[]> {
  const found: string[] = []
  for await (const { cid, bytes: content } of readCar(inPieces(bytes, size))) {
    found.push(`${cid} ${Buffer.from(content).toString('hex')}`)
  }
  return found
}

const expected = blocks.map(({ cid, bytes }) => `${cid} ${Buffer.from(bytes).toString('hex')}`)

it('what is written is read again, in pieces of any size, and its length is known before', async () => {
  const bytes = await ours()
  for (const size of [1, 7, 512, 1 << 20]) expect(await read(bytes, size)).toEqual(expected)
  expect(
    carBytes(
      root,
      blocks.map(({ cid, bytes: { length } }) => ({ cid, bytes: length })),
    ),
  ).toBe(bytes.length)
})

it('the library of the format reads ours, and we read what it writes', async () => {
  const reader = await CarReader.fromBytes(await ours())
  expect((await reader.getRoots()).map(String)).toEqual([`${root}`])
  const theirs: string[] = []
  for await (const { cid, bytes } of reader.blocks()) theirs.push(`${cid} ${Buffer.from(bytes).toString('hex')}`)
  expect(theirs).toEqual(expected)

  const { writer, out } = CarWriter.create([root])
  const written = (async () => {
    for (const block of blocks) await writer.put(block)
    await writer.close()
  })()
  const parts: Uint8Array[] = []
  for await (const part of out) parts.push(part)
  await written
  expect(await read(Buffer.concat(parts))).toEqual(expected)
})

it('cut, changed or invented bytes are refused or read as blocks, whatever they claim', async () => {
  const bytes = await ours()
  const outcome = async (changed: Uint8Array): Promise<string> => {
    try {
      await read(changed, 64)
      return 'read'
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error
      return error.code
    }
  }
  expect(await outcome(bytes.subarray(0, 900))).toBe('INVALID_INPUT')
  expect(await outcome(Buffer.alloc(0))).toBe('INVALID_INPUT')
  // A section of 4 GiB: told at once, not waited for.
  const header = bytes.subarray(0, 1 + (bytes[0] ?? 0))
  expect(await outcome(Buffer.concat([header, Buffer.from('ffffffff0f', 'hex')]))).toBe('INVALID_INPUT')
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ by
      expect(['read', 'INVALID_INPUT', 'TOO_LARGE']).toContain(await outcome(changed))
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (random) => {
      expect(await outcome(random)).toBe('INVALID_INPUT')
    }),
  )
})
