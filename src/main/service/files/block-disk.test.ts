import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { CID } from 'multiformats/cid'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Counters } from '../../base/counters.ts'
import { BlockDisk } from './block-disk.ts'
import { buildFile, chunkBytes } from './dag-build.ts'
import { DigestSet } from './digest-set.ts'

const never = new AbortController().signal
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dt-swarm-blocks-'))
})
afterEach(() => rm(dir, { recursive: true }))

it('a block that is written while it is removed is there afterwards', async () => {
  const disk = new BlockDisk({ counters: new Counters() }, { dir })
  await disk.start()
  for (let round = 0; round < 30; round += 1) {
    const blocks: [CID, Uint8Array][] = []
    const content = (async function* () {
      for (let n = 0; n < 8; n += 1) yield Buffer.alloc(chunkBytes, createHash('md5').update(`${round}/${n}`).digest())
    })()
    await buildFile(content, async (cid, block) => {
      blocks.push([cid, block])
      await disk.put(cid, block)
    })
    disk.beginCollection(new DigestSet())
    const swept = disk.sweep(never)
    // The first removals are under way.
    for (let turn = 0; turn < round % 10; turn += 1) await setImmediate()
    await Promise.all(blocks.map(([cid, block]) => disk.put(cid, block)))
    await swept
    disk.endCollection()
    for (const [cid, block] of blocks) expect((await disk.get(cid))?.length).toBe(block.length)
  }
})
