import { expect, it } from 'vitest'
import { mustFit } from './wanted-files.ts'

it('many are begun all or none', () => {
  expect(() => mustFit(10_000, 10_000)).not.toThrow()
  expect(() => mustFit(10_001, 10_000)).toThrow(/10001 files are meant, and 10000 more can wait.*a sub-folder/)
})
