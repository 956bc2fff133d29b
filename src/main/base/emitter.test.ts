import { expect, it } from 'vitest'
import { Emitter } from './emitter.ts'

it('a throwing listener harms no other and is reported', () => {
  const errors: unknown[] = []
  const emitter = new Emitter<{ said: string }>((error) => errors.push(error))
  const heard: string[] = []
  emitter.on('said', () => {
    throw new Error('broken')
  })
  emitter.on('said', (text) => heard.push(text))
  emitter.emit('said', 'hello')
  expect(heard).toEqual(['hello'])
  expect(errors).toHaveLength(1)
})

it('an undone subscription hears nothing more and leaves nothing behind', () => {
  const emitter = new Emitter<{ said: string }>()
  const heard: string[] = []
  const off = emitter.on('said', (text) => heard.push(text))
  off()
  off()
  emitter.emit('said', 'hello')
  expect(heard).toEqual([])
  expect(emitter.listenerCount).toBe(0)
})

it('a listener added while an event is sent does not hear that event', () => {
  const emitter = new Emitter<{ said: string }>()
  const heard: string[] = []
  emitter.on('said', () => void emitter.on('said', (text) => heard.push(text)))
  emitter.emit('said', 'first')
  expect(heard).toEqual([])
})
