import { expect, it } from 'vitest'
import { FakeClock } from './clock.ts'
import { Loop } from './loop.ts'

it('works from start to stop, once at a time, and again', async () => {
  const clock = new FakeClock()
  const said: string[] = []
  const loop = new Loop(async (signal) => {
    said.push('begun')
    while (!signal.aborted) {
      await clock.sleep(10, { signal }).catch(() => {})
      said.push(signal.aborted ? 'stopping' : 'round')
    }
    await Promise.resolve()
    said.push('ended')
  })
  await loop.stop()
  await loop.start()
  await loop.start()
  await clock.advance(10)
  await loop.stop()
  expect(said.splice(0)).toEqual(['begun', 'round', 'stopping', 'ended'])
  await clock.advance(100)
  expect(said).toEqual([])
  await loop.start()
  await loop.stop()
  expect(said).toEqual(['begun', 'stopping', 'ended'])
})

it('a failure of the work is told by the stop', async () => {
  const loop = new Loop(async (signal) => {
    await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
    throw new Error('nobody foresaw it')
  })
  await loop.start()
  await expect(loop.stop()).rejects.toThrow('nobody foresaw it')
})
