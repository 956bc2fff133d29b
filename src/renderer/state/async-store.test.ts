import { expect, test } from 'vitest'
import { createAsyncStore } from './async-store.ts'

/** An answer that comes when the test says so. */
function later<Value>() {
  let answer: (value: Value) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const promise = new Promise<Value>((resolve, reject) => {
    answer = resolve
    fail = reject
  })
  return { promise, answer, fail }
}

test('a late answer to a question does not undo a change made meanwhile', async () => {
  const asked = later<string>()
  const settings = createAsyncStore(() => asked.promise)
  const loading = settings.load()
  const changed = later<string>()
  const changing = settings.change(() => changed.promise)
  asked.answer('system')
  await loading
  expect(settings.store.getState().phase).toBe('loading')
  changed.answer('dark')
  await changing
  expect(settings.store.getState()).toMatchObject({ phase: 'ready', value: 'dark' })
})

test('of two changes the later counts, whatever order their answers come in', async () => {
  const settings = createAsyncStore(() => Promise.resolve('system'))
  const first = later<string>()
  const second = later<string>()
  const changing = [settings.change(() => first.promise), settings.change(() => second.promise)]
  second.answer('light')
  first.answer('dark')
  await Promise.all(changing)
  expect(settings.store.getState()).toMatchObject({ phase: 'ready', value: 'light' })
})

test('a change that fails leaves what the peer says', async () => {
  const settings = createAsyncStore(() => Promise.resolve('system'))
  const changed = later<string>()
  const changing = settings.change(() => changed.promise)
  changed.fail(new Error('the line is lost'))
  await changing
  expect(settings.store.getState()).toMatchObject({ phase: 'ready', value: 'system' })
})
