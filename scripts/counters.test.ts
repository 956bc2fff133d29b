import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { counterWords } from '../src/renderer/state/counter-words.ts'

const main = resolve(import.meta.dirname, '../src/main')

/** Names that the source counts by: `'a.b:c'`, or what stands before the first `${` of a template. */
function counted(): readonly string[] {
  const names = new Set<string>()
  for (const path of readdirSync(main, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts') || path.endsWith('.test.ts') || path.split(/[\\/]/).includes('testing')) continue
    const text = readFileSync(join(main, path), 'utf8')
    for (const [, plain, begin] of text.matchAll(/counters\.add\((?:'([^']+)'|`([^`$]+)\$)/g)) {
      names.add(plain ?? begin ?? '')
    }
  }
  return [...names]
}

test('every counter of the source has words in the window', () => {
  const names = counted()
  expect(names.length).toBeGreaterThan(100)
  // Of "files." alone nothing can be said: what follows stands in the source as a variable.
  const unknown = names.filter((name) => !name.endsWith('.') && counterWords(name).group === 'Others')
  expect(unknown).toEqual([])
})
