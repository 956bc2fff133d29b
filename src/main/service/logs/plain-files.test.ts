import { expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import { detectFormat } from './detect.ts'
import { inspect, preview, type Look } from './looking.ts'
import { encodePng } from './png.ts'
import { sourceOf } from './testing/memory-source.ts'
import { makeZip } from './testing/make-zip.ts'

const named = (name: string) => ({ name, mediaType: '' })
const look = (bytes: Uint8Array, name = 'x') => preview(sourceOf(bytes), named(name))

function as<Kind extends Look['kind']>(found: Look, kind: Kind): Extract<Look, { kind: Kind }> {
  if (found.kind !== kind) throw new Error(`${found.kind}: ${JSON.stringify(found.info)}`)
  return found as Extract<Look, { kind: Kind }>
}

it.each([
  ['a.bag', '#ROSBAG V2.0\n', 'rosbag'],
  ['a.mcap', '\x89MCAP0\r\n', 'mcap'],
  ['a.log', 'hello\n', 'text'],
  ['a.csv', 'a,b\n1,2\n', 'csv'],
  ['photo', '\xff\xd8\xff\xe0', 'image'],
  ['BMX.txt', 'BM is a bicycle', 'text'],
  ['a.zip', 'PK\x03\x04', 'archive'],
  ['a.tgz', '\x1f\x8b\x08', 'archive'],
  // Names do not make a file what it is not.
  ['b.bag', 'just words', 'text'],
  ['c.png', '\x00\x01\x02', 'other'],
  ['empty', '', 'other'],
] as const)('%s is told by its bytes', (name, bytes, format) => {
  expect(detectFormat(Buffer.from(bytes, 'latin1'), named(name))).toBe(format)
})

it('a text has its ends, its lines counted or guessed, its times', async () => {
  const lines = Array.from(
    { length: 40_000 },
    (_, n) => `${new Date(Date.UTC(2030, 0, 1) + n * 1_000).toISOString()} [robot] line ${n} \u001b[31mred\u001b[0m`,
  )
  const bytes = Buffer.from(`\n** a banner **\n${lines.join('\r\n')}\r\n`)
  const inspected = await inspect(sourceOf(bytes), named('a.log'))
  expect(inspected).toMatchObject({
    format: 'text',
    startMs: Date.UTC(2030, 0, 1),
    endMs: Date.UTC(2030, 0, 1) + 39_999_000,
    facts: [
      ['Encoding', 'UTF-8'],
      ['Lines', '40,002'],
    ],
  })
  const source = sourceOf(bytes)
  const found = as(await preview(source, named('a.log')), 'text')
  expect(found.head).toMatch(/^\n\*\* a banner \*\*\n2030-01-01T00:00:00.000Z \[robot\] line 0 red\n/)
  expect(found.tail).toMatch(/^2030.*line 39999 red\n$/s)
  expect(found.head.length + (found.tail?.length ?? 0)).toBeLessThan(33_000)
  expect(found.info.facts[1]?.[1]).toMatch(/^about (39|40|41),000$/)
  expect(source.readBytes).toBeLessThan(200_000)
})

it('a short text is all there, once, in whatever it was written', async () => {
  expect(as(await look(Buffer.from('motor at 40 °C\n')), 'text')).toMatchObject({
    head: 'motor at 40 °C\n',
    tail: null,
  })
  const windows = as(await look(Buffer.from('motor at 40 \xb0C\n', 'latin1')), 'text')
  expect([windows.head, windows.info.facts[0]?.[1]]).toEqual(['motor at 40 °C\n', 'Windows-1252'])
  const utf16 = as(await look(Buffer.from('\ufeffmotor at 40 °C\n', 'utf16le')), 'text')
  expect([utf16.head, utf16.info.facts[0]?.[1]]).toEqual(['motor at 40 °C\n', 'UTF-16 LE'])
})

it.each([
  ['[INFO] [1623423423.250]: started', 1_623_423_423_250],
  ['2030-01-02 03:04:05,678 DEBUG', Date.UTC(2030, 0, 2, 3, 4, 5, 678)],
  ['2030-01-02T03:04:05+02:00 x', Date.UTC(2030, 0, 2, 1, 4, 5)],
  ['2030-99-99T99:99:99Z', null],
  ['version 1.623423423', null],
])('the time of "%s"', async (line, startMs) => {
  expect((await inspect(sourceOf(Buffer.from(`${line}\n`)), named('x.log'))).startMs).toBe(startMs)
})

it('a table has columns, rows, and numbers over its time', async () => {
  const rows = Array.from({ length: 3_000 }, (_, n) => `${1_700_000_000 + n / 10};${n};"a; b";${n % 7}`)
  const source = sourceOf(Buffer.from(`time;count;words;rest\n${rows.join('\n')}\n`))
  const found = as(await preview(source, named('drive.csv')), 'table')
  expect(found.columns).toEqual(['time', 'count', 'words', 'rest'])
  expect(found.rows).toHaveLength(50)
  expect(found.rows[1]).toEqual(['1700000000.1', '1', 'a; b', '1'])
  expect(found.numbers.map(({ field, points }) => [field, points[2]])).toEqual([
    ['count', [1_700_000_000_200, 2]],
    ['rest', [1_700_000_000_200, 2]],
  ])
  expect(found.info).toMatchObject({ format: 'csv', startMs: 1_700_000_000_000, endMs: 1_700_000_299_900 })
  expect(found.info.facts).toContainEqual(['Columns', 'time, count, words, rest'])
})

it('tables without names, with quotes that never end, or with a thousand columns are shown as far as they go', async () => {
  expect(as(await look(Buffer.from('1,2\n3,4\n'), 'x.csv'), 'table')).toMatchObject({
    columns: ['column 1', 'column 2'],
    rows: [
      ['1', '2'],
      ['3', '4'],
    ],
    numbers: [],
  })
  expect(as(await look(Buffer.from(`a,b\n"${'x,y\n'.repeat(200_000)}`), 'x.csv'), 'table').rows.length).toBeGreaterThan(
    0,
  )
  const wide = as(
    await look(Buffer.from(`${Array.from({ length: 1_000 }, (_, n) => `c${n}`).join(',')}\n`), 'x.csv'),
    'table',
  )
  expect(wide.columns).toHaveLength(64)
})

it('a picture tells its pixels; one that is cut off in its head does not', async () => {
  const png = encodePng(7, 5, 1, new Uint8Array(35))
  expect(await look(png, 'a.png')).toMatchObject({ kind: 'image', widthPx: 7, heightPx: 5 })
  expect((await inspect(sourceOf(png), named('a.png'))).facts).toContainEqual(['Pixels', '7 x 5'])
  const cut = await look(png.subarray(0, 12), 'a.png')
  expect(cut).toMatchObject({ kind: 'none', info: { format: 'image', whole: false } })
})

async function tarOf(
  entries: readonly (readonly [Partial<Header> & { readonly name: string }, string])[],
): Promise<Buffer> {
  const packing = pack()
  for (const [header, text] of entries) packing.entry(header, text)
  packing.finalize()
  const parts: Buffer[] = []
  for await (const part of packing) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const long = `${'folder/'.repeat(40)}file.txt`

it('a tar is gone over from head to head, packed by gzip or not', async () => {
  const bytes = await tarOf([
    [{ name: 'run/', type: 'directory' }, ''],
    [{ name: 'run/big.bin' }, 'x'.repeat(3_000_000)],
    [{ name: long }, 'deep'],
    [{ name: 'run/grüße.txt' }, 'hi'],
  ])
  const expected = [
    { name: 'run/', sizeBytes: 0, folder: true },
    { name: 'run/big.bin', sizeBytes: 3_000_000, folder: false },
    { name: long, sizeBytes: 4, folder: false },
    { name: 'run/grüße.txt', sizeBytes: 2, folder: false },
  ]
  const source = sourceOf(bytes)
  expect(await preview(source, named('a.tar'))).toMatchObject({
    kind: 'archive',
    entries: expected,
    more: 0,
    info: {
      whole: true,
      problem: null,
      facts: [
        ['Kind', 'tar'],
        ['Entries', '4'],
      ],
    },
  })
  expect(source.readBytes).toBeLessThan(120_000)
  expect(await look(gzipSync(bytes), 'a.tgz')).toMatchObject({ kind: 'archive', entries: expected, more: 0 })
  const cut = as(await look(bytes.subarray(0, 2_000), 'a.tar'), 'archive')
  expect(cut).toMatchObject({ more: null, info: { whole: false, problem: 'It is cut off.' } })
  expect(cut.entries).toHaveLength(2)
})

it('a bomb costs what a log costs', async () => {
  const bomb = gzipSync(Buffer.alloc(96 * 1_024 * 1_024))
  // Whoever unpacked all of it would find it broken.
  bomb[bomb.length - 50] = (bomb.at(-50) ?? 0) ^ 0xff
  const found = as(await look(bomb, 'bomb.gz'), 'archive')
  expect(found.info.problem).toBeNull()
  expect(found.entries).toEqual([{ name: '(one file)', sizeBytes: 96 * 1_024 * 1_024, folder: false }])
  const tarBomb = gzipSync(
    await tarOf([
      [{ name: 'zeros' }, '\0'.repeat(32 * 1_024 * 1_024)],
      [{ name: 'behind' }, 'x'],
    ]),
  )
  expect(as(await look(tarBomb, 'bomb.tgz'), 'archive')).toMatchObject({
    entries: [{ name: 'zeros', sizeBytes: 32 * 1_024 * 1_024, folder: false }],
    more: null,
  })
})

it('a zip is told by its list, and nothing in it is unpacked', async () => {
  const bytes = makeZip([
    { name: 'logs/', sizeBytes: 0 },
    { name: 'logs/a.bag', sizeBytes: 4_000_000_000 },
    { name: '../../etc/passwd', sizeBytes: 3 },
    { name: 'x'.repeat(1_000), sizeBytes: 1 },
  ])
  const found = as(await look(bytes, 'a.zip'), 'archive')
  expect(found.entries.slice(0, 3)).toEqual([
    { name: 'logs/', sizeBytes: 0, folder: true },
    { name: 'logs/a.bag', sizeBytes: 4_000_000_000, folder: false },
    { name: '../../etc/passwd', sizeBytes: 3, folder: false },
  ])
  expect(found.entries[3]?.name).toHaveLength(400)
  expect(found.more).toBe(0)
  expect(await look(bytes.subarray(0, bytes.length - 10), 'a.zip')).toMatchObject({
    kind: 'none',
    info: { format: 'archive', whole: false },
  })
  const many = Array.from({ length: 5_000 }, (_, n) => ({ name: `file-${n}`, sizeBytes: n }))
  expect(as(await look(makeZip(many), 'a.zip'), 'archive')).toMatchObject({ more: 4_800 })
  const lying = Buffer.from(bytes)
  lying.writeUInt16LE(60_000, lying.length - 22 + 10)
  expect(as(await look(lying, 'a.zip'), 'archive')).toMatchObject({ more: null, info: { whole: false } })
})
