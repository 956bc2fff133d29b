import { expect, test } from 'vitest'
import { HeavyWork } from './heavy-work.ts'

const never = new AbortController().signal
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function make() {
  const work = new HeavyWork({ atATime: 2, maxWaiting: 2 })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, signal = never): Promise<string> =>
    work.run(`doing ${name}`, signal, async () => {
      begun.push(name)
      await new Promise<void>((resolve) => ends.set(name, resolve))
      return name
    })
  return { work, begun, run, end: (name: string) => ends.get(name)?.() }
}

test('so many at a time, so many that wait in their order, and whoever asks for more is told so', async () => {
  const { begun, run, end } = make()
  const done = ['a', 'b', 'c', 'd'].map((name) => run(name))
  await expect(run('e')).rejects.toMatchObject({ code: 'LIMIT_REACHED', message: /doing e is refused/ })
  await turn()
  expect(begun).toEqual(['a', 'b'])
  end('b')
  await turn()
  expect(begun).toEqual(['a', 'b', 'c'])
  end('a')
  await turn()
  for (const name of ['c', 'd']) end(name)
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd'])
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
})

test('one that is no longer wanted leaves its place in the queue, and one that fails its place at work', async () => {
  const { work, begun, run, end } = make()
  const failed = work.run('failing', never, async () => {
    await turn()
    throw new Error('no disk')
  })
  const gone = new AbortController()
  const [one, other] = [run('one'), run('other', gone.signal)]
  const other2 = run('next')
  gone.abort()
  await expect(other).rejects.toThrow()
  await expect(failed).rejects.toThrow('no disk')
  await turn()
  expect(begun).toEqual(['one', 'next'])
  for (const name of begun) end(name)
  expect(await Promise.all([one, other2])).toEqual(['one', 'next'])
  await expect(run('late', gone.signal)).rejects.toThrow()
})
