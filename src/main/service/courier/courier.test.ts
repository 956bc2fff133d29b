import { rmSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CourierView } from '../../../shared/courier-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { nameProblem, numbered, safeName } from '../files/safe-name.ts'
import { Courier, type CourierDeps } from './courier.ts'
import { pathsFor } from './courier-folder.ts'

const cids = [1, 2, 3].map((n) => CID.createV1(0x55, digestOf(0x12, Buffer.alloc(32, n))).toString() as Cid)
const [first, broken, last] = cids
let stick: string
let local: boolean
let failure: unknown
let brokenAt: () => void
const took: Cid[] = []

beforeEach(async () => {
  stick = await mkdtemp(join(tmpdir(), 'dt-swarm-stick-'))
  local = true
  failure = new SwarmError('FETCH_FAILED', 'A block is missing.')
  brokenAt = () => {}
  took.splice(0)
})

afterEach(() => rm(stick, { recursive: true, force: true }))

const shareOf = (cid: Cid): Partial<ShareView> => ({
  cid,
  name: `run/${cid}.log`,
  sizeBytes: 5,
  local,
  originName: 'robot',
})

function courier(): Courier {
  const deps = {
    files: {
      shares: { matching: () => cids.map(shareOf), get: shareOf },
      reader: {
        async *content(cid: Cid) {
          yield Buffer.from('he')
          if (cid === broken) {
            brokenAt()
            throw failure
          }
          yield Buffer.from('llo')
        },
      },
      fetching: {
        async takeIn(cid: Cid, bytes: AsyncIterable<Uint8Array>) {
          for await (const _ of bytes) if (cid === broken) throw failure
          took.push(cid)
          return true
        },
      },
      storage: async () => ({ freeBytes: null }),
    },
    checkpoints: {},
    swarm: () => ({ id: 'swarm', name: 'lab' }),
    self: '12D3KooWSelf' as PeerId,
    counters: new Counters(),
    log: silentLog,
  }
  return new Courier(deps as unknown as CourierDeps)
}

async function ended(one: Courier): Promise<CourierView> {
  return vi.waitFor(() => {
    const view = one.status()
    expect(view?.state).not.toBe('running')
    if (view === null) throw new Error('it has not begun')
    return view
  })
}

const exported = async (): Promise<CourierView> => {
  const one = courier()
  one.export(stick, { query: {}, records: false })
  return ended(one)
}
const imported = async (): Promise<CourierView> => {
  const one = courier()
  one.import(stick)
  return ended(one)
}

it('a file that cannot be read is left out, and all others are carried, there and back', async () => {
  expect(await exported()).toMatchObject({
    state: 'done',
    doneFiles: 2,
    leftOutFiles: 1,
    leftOut: [{ cid: broken, why: 'A block is missing.' }],
  })
  const written = await readdir(join(stick, 'files', 'robot', 'run'))
  expect(new Set(written)).toEqual(new Set([`${first}.log`, `${last}.log`]))
  failure = new Error('bad sector')
  await writeFile(join(stick, 'files', 'robot', 'run', `${broken}.log`), 'hello')
  local = false
  expect(await imported()).toMatchObject({
    state: 'done',
    doneFiles: 2,
    leftOut: [{ cid: broken, why: 'it could not be read or written' }],
  })
  expect(new Set(took)).toEqual(new Set([first, last]))
})

it('a disk that is full and a stick that is pulled out end it', async () => {
  failure = new SwarmError('DISK_FULL', 'The disk is full.')
  expect(await exported()).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' }, leftOutFiles: 0 })
  failure = new SwarmError('NOT_FOUND', 'It is gone.')
  const real = JSON.parse(await readFile(join(stick, 'dt-swarm-courier.json'), 'utf8')) as { files: unknown[] }
  expect(real.files).toHaveLength(3)
  brokenAt = () => rmSync(stick, { recursive: true })
  expect(await exported()).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' }, leftOutFiles: 0 })
})

it.runIf(process.platform === 'linux')('a folder that the system refuses to make ends it, and says so', async () => {
  stick = '/proc/dt-swarm-never/stick'
  expect(await exported()).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' }, doneFiles: 0 })
})

it('every name that can be shared has a path that a stick takes', () => {
  const name = `${Array.from({ length: 18 }, () => '語'.repeat(15)).join('/')}/${'🤖'.repeat(40)}.bag`
  expect(nameProblem(name)).toBeNull()
  const shares = cids.map((cid) => ({ cid, name, originName: '🤖'.repeat(63) }))
  const paths = [...pathsFor(shares, safeName, numbered).values()]
  expect(new Set(paths).size).toBe(3)
  expect(paths.map(nameProblem)).toEqual([null, null, null])
})
