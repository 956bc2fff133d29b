import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sourceOf } from './testing/memory-source.ts'
import { textTail } from './text-tail.ts'

const beginMs = Date.UTC(2030, 0, 2, 3, 4, 5)
const line = (atMs: number, words: string): string => `${new Date(atMs).toISOString()} [duckie01] ${words}\n`
const minute = 60_000
const init = { backMs: 5 * minute, skipMs: 0, maxBytes: 16_000_000, isTable: false }

async function tailOf(bytes: Uint8Array | string, change: Partial<typeof init> = {}) {
  const source = sourceOf(Buffer.from(bytes))
  const tail = await textTail(source, { ...init, ...change })
  const all = Buffer.from(bytes)
  const text = Buffer.concat([all.subarray(0, tail.headBytes), all.subarray(tail.at, tail.end)]).toString()
  return { ...tail, text, readBytes: source.readBytes }
}

it('the last minutes of a log are its lines of that time', async () => {
  const lines = Array.from({ length: 3_600 }, (_, second) => line(beginMs + second * 1_000, `second ${second}`))
  const tail = await tailOf(lines.join(''))
  expect(tail.text).toBe(lines.slice(-301).join(''))
  expect(tail).toMatchObject({
    startMs: beginMs + 3_299_000,
    endMs: beginMs + 3_599_000,
    headBytes: 0,
    problem: null,
  })
})

it('of a large log only its end is read', async () => {
  const old = line(beginMs, 'x'.repeat(900)).repeat(8_000)
  const tail = await tailOf(old + line(beginMs + 60 * minute, 'now'))
  expect(tail.text).toBe(line(beginMs + 60 * minute, 'now'))
  expect(tail.readBytes).toBeLessThan(2_300_000)
})

it('lines of later hours are left out, and little of them is read', async () => {
  const lines = Array.from({ length: 36_000 }, (_, second) =>
    line(beginMs + second * 1_000, `second ${second} ${'x'.repeat(second % 7 === 0 ? 900 : 60)}\n  more of it`),
  )
  const skipMs = 30_000_000
  const tail = await tailOf(lines.join(''), { backMs: skipMs + 5 * minute, skipMs, maxBytes: 200_000 })
  expect(tail.text).toBe(lines.slice(5_699, 6_000).join(''))
  expect(tail).toMatchObject({ startMs: beginMs + 5_699_000, endMs: beginMs + 5_999_000, problem: null })
  expect(tail.readBytes).toBeLessThan(4_000_000)
  const quoting = lines.map((one, n) => (n % 5 === 0 ? `${one}  made 2019-01-01 00:00:00 by hand\n` : one))
  const other = await tailOf(quoting.join(''), { backMs: skipMs + 5 * minute, skipMs })
  expect(other.text).toBe(quoting.slice(5_699, 6_000).join(''))
  expect(other.readBytes).toBeLessThan(4_000_000)
  const cut = await tailOf(lines.join(''), { backMs: skipMs + 5 * minute, skipMs, maxBytes: 20_000 })
  expect(cut).toMatchObject({ endMs: beginMs + 5_999_000, problem: expect.stringContaining('grew') })
  expect(lines.slice(5_699, 6_000).join('').endsWith(cut.text)).toBe(true)
  const gap = [...lines.slice(0, 100), ...lines.slice(20_000)].join('')
  expect(await tailOf(gap, { backMs: skipMs + 5 * minute, skipMs })).toMatchObject({ text: '', startMs: null })
  const untimed = await tailOf('no time here\n'.repeat(50_000), { skipMs })
  expect(untimed.problem).toContain('may be of a later time')
})

it('lines without a time stay with the line before them; an older time that is quoted ends nothing', async () => {
  const kept = [
    line(beginMs + 10 * minute, 'Traceback'),
    '  File "drive.py", line 7\n',
    line(beginMs + 10 * minute + 1, 'map'),
    '  made 2019-01-01 00:00:00 by hand\n',
    line(beginMs + 11 * minute, 'last'),
  ]
  const older = Array.from({ length: 5 }, (_, at) => line(beginMs + at, 'old') + '  more of it\n')
  expect((await tailOf(older.join('') + kept.join(''))).text).toBe(kept.join(''))
})

it('a date far ahead or long ago that a line quotes is not the end of the log', async () => {
  const lines = Array.from({ length: 1_200 }, (_, second) => line(beginMs + second * 1_000, `second ${second}`))
  const quoted = '  valid until 2099-01-01 00:00:00\n'
  const tail = await tailOf([...lines.slice(0, 400), quoted, ...lines.slice(400), quoted].join(''))
  expect(tail.text).toBe(lines.slice(-301).join('') + quoted)
  expect(tail.endMs).toBe(beginMs + 1_199_000)
  const old = '  made 2019-01-01 00:00:00\n'
  expect((await tailOf(lines.join('') + old)).text).toBe(lines.slice(-301).join('') + old)
})

it('a log that is younger than that is taken whole, with what stands before its first time', async () => {
  const text = `\n\na banner\n${line(beginMs, 'first')}no end`
  expect(await tailOf(text)).toMatchObject({ text, at: 0, problem: null, startMs: beginMs, endMs: beginMs })
})

it('of a log without times the last 256 KiB are taken, and it says so', async () => {
  const tail = await tailOf('no time here\n'.repeat(50_000))
  expect(tail.text.length).toBeLessThanOrEqual(256 * 1_024)
  expect(tail.text.startsWith('no time here\n')).toBe(true)
  expect(tail.problem).toContain('no times')
  expect(await tailOf('')).toMatchObject({ text: '', problem: null })
})

it('a log that grew by more than may be taken loses its beginning, and it says so', async () => {
  const tail = await tailOf(Array.from({ length: 10_000 }, (_, at) => line(beginMs + at, 'busy')).join(''), {
    maxBytes: 100_000,
  })
  expect(tail.text.length).toBeLessThanOrEqual(100_000)
  expect(tail.text).toMatch(/^2030-.*busy\n/)
  expect(tail.problem).toContain('grew')
})

it('a table keeps the names of its columns', async () => {
  const rows = Array.from(
    { length: 3_600 },
    (_, second) => `${new Date(beginMs + second * 1_000).toISOString()},${second}\n`,
  )
  const { text } = await tailOf(`t,speed\n${rows.join('')}`, { isTable: true })
  expect(text).toBe(`t,speed\n${rows.slice(-301).join('')}`)
})

it('a log in UTF-16 keeps its mark', async () => {
  const bytes = Buffer.from(`\ufeff${'one two\n'.repeat(60_000)}`, 'utf16le')
  const tail = await textTail(sourceOf(bytes), init)
  expect(tail).toMatchObject({ headBytes: 2, problem: expect.stringContaining('UTF-16') })
  expect(tail.at % 2).toBe(0)
})

it('takes all lines of the time and none before or after, whatever their lengths', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 3_000 })), {
        minLength: 1,
        maxLength: 60,
      }),
      fc.integer({ min: 0, max: 40 * minute }),
      async (steps, skipMs) => {
        let atMs = beginMs
        const lines = steps.map(([stepMs, length]) => ({ atMs: (atMs += stepMs), length }))
        const said = lines.map((one) => line(one.atMs, 'x'.repeat(one.length)))
        const last = lines.at(-1)?.atMs ?? 0
        const first = lines.findIndex((one) => one.atMs >= last - init.backMs)
        // Up to two older lines at the beginning of a file are no proof that all before is older.
        const expected = said.slice(first).join('')
        const { text } = await tailOf(said.join(''))
        expect(text.endsWith(expected)).toBe(true)
        if (first > 2) expect(text).toBe(expected)
        const [fromMs, toMs] = [last - skipMs - init.backMs, last - skipMs]
        const begin = lines.findIndex((one) => one.atMs >= fromMs)
        const after = lines.findIndex((one) => one.atMs > toMs)
        const between = said.slice(begin, after < 0 ? said.length : after).join('')
        const part = await tailOf(said.join(''), { backMs: skipMs + init.backMs, skipMs })
        expect(part.text.endsWith(between)).toBe(true)
        if (begin > 2) expect(part.text).toBe(between)
      },
    ),
    { numRuns: 60 },
  )
})
