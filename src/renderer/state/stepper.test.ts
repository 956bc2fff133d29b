import { expect, test, vi } from 'vitest'
import { createStepper, type Steps } from './stepper.ts'

/** Work of so many steps, each longer than a slice. */
function* slow(name: string, count: number, said: string[]): Steps<string> {
  for (let step = 0; step < count; step += 1) {
    said.push(`${name}${step}`)
    const untilMs = performance.now() + 10
    while (performance.now() < untilMs);
    yield
  }
  return name
}

function* quick(name: string): Steps<string> {
  yield
  return name
}

test('short work is done at once', () => {
  const took: [string, boolean][] = []
  createStepper<string>((value, late) => took.push([value, late])).run(() => quick('a'))
  expect(took).toEqual([['a', false]])
})

test('long work gives the window a turn between its steps', async () => {
  const said: string[] = []
  const took: [string, boolean][] = []
  createStepper<string>((value, late) => took.push([value, late])).run(() => slow('a', 3, said))
  expect(said).toEqual(['a0'])
  setTimeout(() => said.push('window'), 0)
  await vi.waitFor(() => expect(took).toEqual([['a', true]]))
  expect(said.indexOf('window')).toBeLessThan(said.indexOf('a2'))
})

test('what is asked for meanwhile comes after what is begun, and of several the last alone', async () => {
  const said: string[] = []
  const took: string[] = []
  const stepper = createStepper<string>((value) => took.push(value))
  stepper.run(() => slow('a', 3, said))
  stepper.run(() => slow('b', 1, said))
  stepper.run(() => slow('c', 1, said))
  await vi.waitFor(() => expect(took).toEqual(['a', 'c']))
  expect(said).not.toContain('b0')
})

test('nothing comes of what was stopped, and it can be asked anew', async () => {
  const took: string[] = []
  const said: string[] = []
  const stepper = createStepper<string>((value) => took.push(value))
  stepper.run(() => slow('a', 3, said))
  stepper.stop()
  stepper.run(() => quick('b'))
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect([took, said]).toEqual([['b'], ['a0']])
})
