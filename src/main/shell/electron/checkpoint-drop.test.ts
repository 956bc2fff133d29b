import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebContents } from 'electron'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CheckpointImportView } from '../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { isCid } from '../../../shared/ids.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { acceptCheckpoints, importDropped, type ImportTarget } from './checkpoint-drop.ts'
import { FakeFrame, FakeSession, FakeWebContents } from './testing/fake-contents.ts'

const root = 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
let folder: string
let car: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-car-'))
  car = join(folder, 'swarm.car')
  writeFileSync(car, 'as if it were one')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A peer that reads what it is given and finds one record for each byte. */
function target(): ImportTarget {
  return {
    checkpoints: {
      importFile: async (bytes: AsyncIterable<Uint8Array>): Promise<CheckpointImportView> => {
        let added = 0
        for await (const chunk of bytes) added += chunk.length
        if (!isCid(root)) throw new Error('not a CID')
        return { root, added, known: 0, refused: {} }
      },
    },
    counters: new Counters(),
    log: silentLog,
  }
}

it('reads the file and answers what became of its records', async () => {
  expect(await importDropped(target(), car)).toEqual({ result: { root, added: 17, known: 0, refused: {} } })
})

it('says what is wrong with a file, and with one that cannot be read', async () => {
  const refusing = {
    ...target(),
    checkpoints: {
      importFile: async () => {
        throw new SwarmError('INVALID_INPUT', 'it is of another swarm')
      },
    },
  }
  expect(await importDropped(refusing, car)).toEqual({
    problem: { code: 'INVALID_INPUT', message: 'it is of another swarm' },
  })
  expect(await importDropped(target(), join(folder, 'gone.car'))).toMatchObject({ problem: { code: 'NOT_FOUND' } })
  expect(await importDropped(target(), folder)).toMatchObject({ problem: { code: 'PERMISSION_DENIED' } })
})

it('is done for our page alone, and for one full path', async () => {
  const peer = target()
  const contents = new FakeWebContents(new FakeSession())
  acceptCheckpoints(contents as unknown as WebContents, () => peer)
  const ask = (url: string, data: unknown) => contents.ipc.invoke('dt-swarm:checkpoint', new FakeFrame(url), data)
  expect(await ask('https://evil.org/', car)).toMatchObject({ problem: { code: 'INVALID_INPUT' } })
  expect(await ask('app://dt-swarm/#/checkpoints', 'swarm.car')).toMatchObject({ problem: { code: 'INVALID_INPUT' } })
  expect(peer.counters.get('window.refused:checkpoint')).toBe(2)
  expect(await ask('app://dt-swarm/#/checkpoints', car)).toMatchObject({ result: { added: 17 } })
})
