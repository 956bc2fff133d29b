import fc from 'fast-check'
import { basename, join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { nameProblem, numbered, safeName } from './safe-name.ts'

it.each([
  ['runs/today.bag', 'today.bag'],
  ['../../etc/passwd', 'passwd'],
  ['..', 'fallback'],
  ['.bashrc', 'bashrc'],
  ['COM1', '_COM1'],
  ['lpt9.log', '_lpt9.log'],
  ['console.log', 'console.log'],
  ['trailing. . ', 'trailing'],
  ['a\0b\r\nc', 'abc'],
  ['invoice\u202efdp.exe', 'invoicefdp.exe'],
  ['', 'fallback'],
])('%j is written as %j', (name, expected) => {
  expect(safeName(name, 'fallback')).toBe(expected)
})

it('keeps the extension of a name that is too long', () => {
  const name = safeName(`${'ü'.repeat(300)}.bag`, 'fallback')
  expect(name.endsWith('ü.bag')).toBe(true)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240)
})

it('never leads out of the folder, whatever the name', () => {
  const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.stringMatching(/^[./\\ a-z:\0\n]{0,40}$/))
  fc.assert(
    fc.property(any, (name) => {
      const safe = safeName(name, 'fallback')
      expect(resolve('/d', safe)).toBe(join('/d', safe))
      expect(basename(safe)).toBe(safe)
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255)
      expect(nameProblem(safe)).toBeNull()
      expect(safe.startsWith('.')).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

it('numbers before the extension', () => {
  expect([1, 2, 10].map((n) => numbered('a.b.bag', n))).toEqual(['a.b.bag', 'a.b (2).bag', 'a.b (10).bag'])
})
