import { expect, it, vi } from 'vitest'
import { skipFor } from './required.ts'

it('a skip is told, and a failure where its need is required', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    expect(skipFor('ngircd', null, 'all')).toBeNull()
    expect(told).not.toHaveBeenCalled()
    expect(skipFor('ngircd', 'it is not installed', '')).toBe('it is not installed')
    expect(skipFor('ngircd', 'it is not installed', 'kubo,namespaces')).toBe('it is not installed')
    expect(told.mock.calls).toHaveLength(2)
    expect(told.mock.calls[0]?.[0]).toMatch(/^skipped: .*ngircd.*it is not installed/)
    expect(() => skipFor('ngircd', 'it is not installed', 'kubo, ngircd')).toThrow(/need ngircd .* it is not installed/)
    expect(() => skipFor('small-disk', 'only root may', 'all')).toThrow(/small-disk/)
  } finally {
    told.mockRestore()
  }
})
