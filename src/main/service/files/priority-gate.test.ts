import { expect, it } from 'vitest'
import { PriorityGate } from './priority-gate.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
type Priority = 'high' | 'normal' | 'low'

function world() {
  const gate = new PriorityGate(1)
  const entered: string[] = []
  const priorities = new Map<string, Priority>()
  const leave: (() => void)[] = []
  const enter = (name: string, priority: Priority, signal = new AbortController().signal): Promise<void> => {
    priorities.set(name, priority)
    return gate.run(
      signal,
      () => priorities.get(name) ?? 'normal',
      () => {
        entered.push(name)
        return new Promise<void>((resolve) => leave.push(resolve))
      },
    )
  }
  const next = async (): Promise<void> => {
    leave.shift()?.()
    await settled()
  }
  return { enter, entered, priorities, next }
}

it('takes high before normal before low, and of equals who came first', async () => {
  const { enter, entered, next } = world()
  for (const [name, priority] of [
    ['first', 'low'],
    ['low', 'low'],
    ['normal 1', 'normal'],
    ['normal 2', 'normal'],
    ['high', 'high'],
  ] as const) {
    void enter(name, priority)
  }
  for (let n = 0; n < 5; n += 1) await next()
  expect(entered).toEqual(['first', 'high', 'normal 1', 'normal 2', 'low'])
})

it('a priority that changes while one waits counts', async () => {
  const { enter, entered, priorities, next } = world()
  void enter('first', 'normal')
  void enter('a', 'normal')
  void enter('b', 'low')
  priorities.set('b', 'high')
  await next()
  expect(entered).toEqual(['first', 'b'])
})

it('who gives up waiting takes no place', async () => {
  const { enter, entered, next } = world()
  void enter('first', 'normal')
  const gone = new AbortController()
  const second = enter('second', 'high', gone.signal)
  void enter('third', 'low')
  gone.abort(new Error('no longer'))
  await expect(second).rejects.toThrow('no longer')
  await next()
  expect(entered).toEqual(['first', 'third'])
})
