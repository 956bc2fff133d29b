import fc from 'fast-check'
import { basename, join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { nameProblem, numbered, safeName, safePath } from './safe-name.ts'

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

it.each([
  ['run-17/cameras/left.bag', 'run-17/cameras/left.bag'],
  ['left.bag', 'left.bag'],
  ['../../etc/passwd', 'etc/passwd'],
  ['run-17/../../../etc/passwd', 'run-17/etc/passwd'],
  ['/etc/passwd', 'etc/passwd'],
  ['run-17\\..\\..\\win.ini', 'run-17/win.ini'],
  ['C:\\Users\\x', 'C_/Users/x'],
  ['.ssh/authorized_keys', 'ssh/authorized_keys'],
  ['a/ . /.../b', 'a/b'],
  ['con/nul/aux.txt', '_con/_nul/_aux.txt'],
  ['a\0/\u202eb/c\n', 'a/b/c'],
  ['a/b/..', 'a/b'],
  ['//', 'fallback'],
])('%j is fetched as %j', (name, expected) => {
  const { folders, name: last } = safePath(name, 'fallback')
  expect([...folders, last].join('/')).toBe(expected)
})

it('no name makes more folders, or longer ones, than may be shared', () => {
  expect(safePath(`${'d/'.repeat(500)}x`, 'fallback')).toEqual({ folders: Array(16).fill('d'), name: 'x' })
  const { folders } = safePath(`${`${'e'.repeat(300)}/`.repeat(10)}x`, 'fallback')
  expect(folders.map(({ length }) => length)).toEqual([240, 240, 240, 240])
})

it('each step of a fetched name is a name, and all of them stay below the folder', () => {
  const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.stringMatching(/^[./\\ a-z:\0\n]{0,80}$/))
  fc.assert(
    fc.property(any, (text) => {
      const { folders, name } = safePath(text, 'fallback')
      const steps = [...folders, name]
      for (const step of steps) {
        expect(safeName(step, '')).toBe(step)
        expect(nameProblem(step)).toBeNull()
      }
      expect(resolve('/d', ...steps)).toBe(['/d', ...steps].join('/'))
    }),
    { numRuns: 1_000 },
  )
})
