import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messageDecoder } from './message-decoder.ts'
import { numberFields } from './number-fields.ts'
import { RosBytes } from './testing/ros.ts'

const decode = (definition: string, bytes: Uint8Array): unknown =>
  messageDecoder({ kind: 'ros1', definition })?.(bytes) ?? null

const part = (name: string, fields: string): string => `${'='.repeat(80)}\nMSG: ${name}\n${fields}\n`

it('every kind of number is read, constants and arrays are passed over', () => {
  const definition = `uint8 LIMIT=3
int8 a
uint16 b
int32 c
float32 d
int64 e
bool f
time g
float64[2] h
uint8[] i
string j
duration k
float64 last`
  const numbers = Buffer.alloc(1 + 2 + 4 + 4 + 8 + 1 + 8)
  numbers.writeInt8(-5, 0)
  numbers.writeUInt16LE(60_000, 1)
  numbers.writeInt32LE(-70_000, 3)
  numbers.writeFloatLE(1.5, 7)
  numbers.writeBigInt64LE(-9n, 11)
  numbers.writeUInt8(1, 19)
  numbers.writeUInt32LE(12, 20)
  const bytes = new RosBytes().raw(numbers).float64(1).float64(2).bytes(Uint8Array.of(7, 8)).string('words')
  const read = decode(definition, bytes.uint32(1).uint32(2).float64(42).done())
  expect(read).toEqual({
    a: -5,
    b: 60_000,
    c: -70_000,
    d: 1.5,
    e: -9,
    f: true,
    g: { sec: 12, nsec: 0 },
    h: [1, 2],
    i: Buffer.from([7, 8]),
    j: 'words',
    k: { sec: 1, nsec: 2 },
    last: 42,
  })
  expect([...numberFields(read)]).toEqual([
    ['a', -5],
    ['b', 60_000],
    ['c', -70_000],
    ['d', 1.5],
    ['e', -9],
    ['last', 42],
  ])
})

it.each([
  ['a type that holds itself', `a/Me me\n${part('a/Me', 'a/Me me')}`, new Uint8Array(0)],
  [
    'four thousand million nothings',
    `a/Nothing[] all\n${part('a/Nothing', '')}`,
    new RosBytes().uint32(0xffff_ffff).done(),
  ],
  ['an array that is longer than the message', 'float64[] all', new RosBytes().uint32(0xffff_ffff).float64(1).done()],
  ['a string that is longer than the message', 'string all', new RosBytes().uint32(0x7fff_ffff).done()],
  ['a type that is not told', 'a/Gone gone', new Uint8Array(64)],
  ['a message that ends early', 'float64 a\nfloat64 b', new Uint8Array(12)],
])('%s is a message that cannot be read', (_, definition, bytes) => {
  expect(decode(definition, bytes)).toBeNull()
})

it('definitions are read, never run, whatever the names in them', () => {
  const evil = 'float64 constructor\nfloat64 toString'
  const read = decode(evil, new RosBytes().float64(1).float64(2).done())
  expect([...numberFields(read)]).toEqual([
    ['constructor', 1],
    ['toString', 2],
  ])
  for (const definition of [
    'float64 x); globalThis.ran = true; (',
    'float64 x\nstring y="`${globalThis.ran = true}`"',
    "float64 a'];globalThis.ran=true;['",
  ]) {
    decode(definition, new Uint8Array(64))
  }
  expect(globalThis).not.toHaveProperty('ran')
})

it('no definition and no message makes it throw, or take long', () => {
  const word = fc.constantFrom(
    'float64',
    'a/B',
    'x',
    '=',
    '[',
    ']',
    '3',
    '\n',
    ' ',
    'MSG: a/B',
    '='.repeat(80),
    'string',
    'é',
    '#',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.uint8Array({ maxLength: 100 }), (words, bytes) => {
      const startedMs = performance.now()
      decode(words.join(' '), bytes)
      expect(performance.now() - startedMs).toBeLessThan(1_000)
    }),
    { numRuns: 300 },
  )
  for (const definition of [
    'float64 '.repeat(30_000),
    `float64 x${' '.repeat(200_000)}y`,
    'string x='.padEnd(200_000, '"'),
    '['.repeat(100_000),
  ]) {
    const startedMs = performance.now()
    decode(definition, new Uint8Array(64))
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  }
})
