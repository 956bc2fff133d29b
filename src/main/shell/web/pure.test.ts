import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange } from './byte-range.ts'
import { attachment } from './content.ts'
import { readFrame } from './frame.ts'
import { parseWebAddress } from './listen.ts'

test.each([
  ['bytes=0-9', { offset: 0, length: 10 }],
  ['bytes=90-', { offset: 90, length: 10 }],
  ['bytes=-5', { offset: 95, length: 5 }],
  ['bytes=-500', { offset: 0, length: 100 }],
  ['bytes=50-5000', { offset: 50, length: 50 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=9-3', null],
  ['bytes=0-1,5-6', null],
  ['bytes=-', null],
  ['lines=1-2', null],
  [undefined, null],
])('Range %s of 100 bytes', (header, range) => {
  expect(parseRange(header, 100)).toEqual(range)
})

test('any range of an empty file is all of it', () => {
  expect(['bytes=0-9', 'bytes=-5', 'bytes=7-'].map((header) => parseRange(header, 0))).toEqual([null, null, null])
})

test('a range never leaves the file', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(1_000), (text, size) => {
      for (const header of [text, `bytes=${text}`]) {
        const range = parseRange(header, size)
        if (range === null || range === 'unsatisfiable') continue
        expect(range.offset + range.length).toBeLessThanOrEqual(size)
        expect(range.length).toBeGreaterThan(0)
      }
    }),
  )
})

test('a name becomes a header of one line, whatever it holds', () => {
  expect(attachment('drives/Überfahrt "1".mcap')).toBe(
    `attachment; filename="_berfahrt _1_.mcap"; filename*=UTF-8''%C3%9Cberfahrt%20%221%22.mcap`,
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(attachment(name)).toMatch(/^attachment; filename="[\w .()+-]+"; filename\*=UTF-8''[\w.!~%+-]+$/)
    }),
  )
})

test('a frame is checked before the handler sees it', () => {
  const text = (value: unknown) => readFrame(Buffer.from(JSON.stringify(value)), false)
  expect(text({ i: '1', p: { u: '/fleet/list', b: {} } })).toMatchObject({ kind: 'ok', type: 'call' })
  expect(text({ i: '1', t: 4 })).toMatchObject({ kind: 'ok', type: 'abort' })
  for (const bad of [
    null,
    [],
    7,
    { i: 1, p: { u: '/x' } },
    { i: '1', t: 3, p: {} },
    { i: '1', p: { u: 'http://elsewhere/' } },
    { i: '1', p: { u: '//elsewhere/' } },
    { i: '1', p: { u: '/x', h: { 'content-disposition': 'attachment; filename=x' } } },
    { i: '1', p: { u: '/x', m: 'DELETE' } },
    { i: 'x'.repeat(65), p: { u: '/x' } },
  ]) {
    expect(text(bad)).toEqual({ kind: 'rejected', reason: 'bad-message' })
  }
  expect(readFrame(Buffer.from('{'), false)).toEqual({ kind: 'rejected', reason: 'bad-json' })
  expect(readFrame(Buffer.from('{}'), true)).toEqual({ kind: 'rejected', reason: 'binary-frame' })
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFrame(Buffer.from(bytes), false)))
  fc.assert(fc.property(fc.json(), (json) => void readFrame(Buffer.from(json), false)))
})

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080, explicit: true }],
  ['[::1]:80', { host: '::1', port: 80, explicit: true }],
  ['0', { host: '127.0.0.1', port: 0, explicit: true }],
  ['off', null],
])('--web %s', (text, address) => {
  expect(parseWebAddress(text)).toEqual(address)
})

test.each(['', 'nonsense', '127.0.0.1', '127.0.0.1:99999', ':80', 'a b:80'])('--web %j is refused', (text) => {
  expect(() => parseWebAddress(text)).toThrow(/web address/)
})
