import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { encodeCbor } from '../../model/cbor.ts'
import { blockOf } from '../../model/checkpoint.ts'
import { recordIdOf } from '../../model/record-id.ts'
import { CheckpointShelf } from './shelf.ts'

test('what an earlier run left is let go of once; what this run is about stays', () => {
  const { cid } = blockOf(encodeCbor({}))
  const pins = new Set(['checkpoint:making', 'checkpoint:taking-x', 'checkpoint:import-1', 'files'])
  const blocks = {
    pin: (name: string): void => void pins.add(name),
    unpin: (name: string): void => void pins.delete(name),
    pins: (): readonly string[] => [...pins],
  }
  const shelf = new CheckpointShelf(
    { blocks: () => blocks, changed: () => {}, counters: new Counters(), log: silentLog },
    { path: join(tmpdir(), `no-shelf-${randomBytes(8).toString('hex')}.json`) },
  )
  shelf.load(recordIdOf(Buffer.from('a swarm')))
  shelf.hold('taking-x', [cid])
  shelf.hold('import-2', [cid])
  shelf.tidy()
  expect([...pins].toSorted()).toEqual(['checkpoint:import-2', 'checkpoint:taking-x', 'files'])
  shelf.hold('making', [cid])
  shelf.tidy()
  expect([...pins].toSorted()).toEqual(['checkpoint:import-2', 'checkpoint:making', 'checkpoint:taking-x', 'files'])
})
