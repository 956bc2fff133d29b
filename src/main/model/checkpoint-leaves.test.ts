import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { cutLeaves, maxChunkBytes, maxChunkRecords, type Columns } from './checkpoint-leaves.ts'

interface Row {
  readonly validFrom: number
  readonly digest: Buffer
  readonly sizeBytes: number
}

const digestOf = (name: string): Buffer => createHash('sha256').update(name).digest()
const startMs = 1_790_000_000_000

function columnsOf(rows: readonly Row[]): Columns {
  return {
    validFrom: Float64Array.from(rows, ({ validFrom }) => validFrom),
    digests: Buffer.concat(rows.map(({ digest }) => digest)),
    sizeBytes: Uint32Array.from(rows, ({ sizeBytes }) => sizeBytes),
  }
}

/** Chunks as the names of their records. */
function cut(rows: readonly Row[]): string[][] {
  const leaves = cutLeaves(columnsOf(rows), Uint32Array.from(rows.keys()))
  return [...leaves].map((leaf) => [...leaf].map((row) => rows[row]?.digest.toString('hex') ?? ''))
}

const rows = (count: number, spreadMs: number, sizeBytes = 400): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    validFrom: startMs + ((i * 7_919) % Math.max(1, spreadMs)),
    digest: digestOf(`${i}`),
    sizeBytes,
  }))

it('chunks depend on the set, not on the order in which it is given', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3_000 }),
      fc.constantFrom(1, 1_000, 3_600_000, 40_000_000_000),
      fc.constantFrom(200, 3_000, 60_000),
      fc.integer(),
      (count, spreadMs, sizeBytes, seed) => {
        const list = rows(count, spreadMs, sizeBytes)
        const other = list.toSorted((a, b) =>
          digestOf(`${seed}${a.digest[0]}`).compare(digestOf(`${seed}${b.digest[0]}`)),
        )
        expect(cut(other)).toEqual(cut(list))
      },
    ),
    { numRuns: 30 },
  )
})

it('chunks keep to the limits, follow each other in time, and together are the set', () => {
  for (const [count, spreadMs, sizeBytes] of [
    [0, 1, 400],
    [1, 1, 400],
    [1_000, 1, 400],
    [5_000, 1, 400],
    [5_000, 86_400_000, 400],
    [900, 86_400_000, 60_000],
  ] as const) {
    const list = rows(count, spreadMs, sizeBytes)
    const byName = new Map(list.map((row) => [row.digest.toString('hex'), row]))
    const chunks = cut(list)
    expect(chunks.flat().toSorted()).toEqual([...byName.keys()].toSorted())
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(maxChunkRecords)
      expect(chunk.length * sizeBytes).toBeLessThanOrEqual(maxChunkBytes)
    }
    const order = chunks.flat().map((name) => `${byName.get(name)?.validFrom} ${name}`)
    expect(order).toEqual(order.toSorted())
  }
})

it('one record more changes one chunk, or a cut one', () => {
  const list = rows(20_000, 30 * 86_400_000)
  const before = new Set(cut(list).map((chunk) => chunk.join()))
  for (let i = 0; i < 20; i += 1) {
    const more = { validFrom: startMs + i * 131_071_000, digest: digestOf(`more ${i}`), sizeBytes: 400 }
    const fresh = cut([...list, more]).filter((chunk) => !before.has(chunk.join()))
    expect(fresh.length).toBeLessThanOrEqual(2)
  }
})
