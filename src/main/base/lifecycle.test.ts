import { expect, it } from 'vitest'
import { startAll, stopAll, type Startable } from './lifecycle.ts'

function part(name: string, log: string[], failing: 'start' | 'stop' | null = null): Startable {
  return {
    start: async () => {
      log.push(`start ${name}`)
      if (failing === 'start') throw new Error(`${name} cannot start`)
    },
    stop: async () => {
      log.push(`stop ${name}`)
      if (failing === 'stop') throw new Error(`${name} cannot stop`)
    },
  }
}

it('a failed start stops what was started, the failed part included, in reverse', async () => {
  const log: string[] = []
  await expect(startAll([part('a', log), part('b', log, 'start'), part('c', log)])).rejects.toThrow('b cannot start')
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a'])
})

it('every part is stopped, even when one throws, and the error is told', async () => {
  const log: string[] = []
  await expect(stopAll([part('a', log), part('b', log, 'stop'), part('c', log)])).rejects.toThrow('b cannot stop')
  expect(log).toEqual(['stop c', 'stop b', 'stop a'])
})
