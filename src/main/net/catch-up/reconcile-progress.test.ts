import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { ItemList } from '../../model/reconcile-list.ts'
import { infinite, MessageWriter } from '../../model/reconcile-wire.ts'
import { ReconcileProgress } from './reconcile-progress.ts'

/** With a thousand records here, a millisecond apart. */
function make() {
  const clock = new FakeClock()
  const [files, others] = [new ItemList(), new ItemList()]
  for (let i = 0; i < 1_000; i += 1) files.add({ timestampMs: i, id: new Uint8Array(32).fill(i & 255) })
  const of = (bucket: string): ItemList => (bucket === 'files' ? files : others)
  return { clock, progress: new ReconcileProgress({ clock, book: { index: { of } } }) }
}

/** A question about all records from a time on. */
function from(timestampMs: number): Uint8Array {
  const writer = new MessageWriter(1_000)
  writer.skip({ timestampMs, prefix: new Uint8Array(0) })
  writer.fingerprint(infinite, new Uint8Array(16))
  return writer.finish() ?? new Uint8Array(0)
}

const askTimes = (progress: ReconcileProgress, count: number): void => {
  for (let i = 0; i < count; i += 1) progress.asked()
}

test('a session whose questions change nothing is over after some, however quickly they come', () => {
  const { progress } = make()
  askTimes(progress, 64)
  expect(() => progress.asked()).toThrow(/64|65/)
})

test('and after a while, however slowly', async () => {
  const { clock, progress } = make()
  await clock.advance(44_000)
  progress.asked()
  await clock.advance(2_000)
  expect(() => progress.asked()).toThrow(/nothing has come/)
})

test.each<[string, (progress: ReconcileProgress, i: number) => void]>([
  ['records move', (progress) => progress.moved(1)],
  ['less and less is open', (progress, i) => progress.compared([['files', from(2 * i)]])],
  ['what is held here is handed over', (progress) => progress.gave(10)],
  ['items are left to others', (progress) => progress.left(100)],
])('goes on as long as %s', async (_, advance) => {
  const { clock, progress } = make()
  let asked = 0
  for (let i = 0; i < 100; i += 1) {
    advance(progress, i)
    await clock.advance(2_000)
    progress.asked()
    asked += 1
  }
  expect(asked).toBe(100)
})

test.each<[string, (progress: ReconcileProgress) => void]>([
  ['none move', (progress) => progress.moved(0)],
  ['as much as ever is open', (progress) => progress.compared([['files', from(500)]])],
  ['more is asked for than is held', (progress) => progress.gave(300)],
  ['more is left to others than others can be fetching', (progress) => progress.left(5_000)],
])('ends when %s', (_, advance) => {
  const { progress } = make()
  expect(() => {
    for (let i = 0; i < 200; i += 1) {
      advance(progress)
      progress.asked()
    }
  }).toThrow(/nothing has come/)
})
