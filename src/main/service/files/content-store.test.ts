import { base32 } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { HeliaStore } from './helia-store.ts'
import { contentStoreSuite } from './testing/content-store-suite.ts'

// The same with a real Kubo: kubo-store.test.ts.
contentStoreSuite('the store of our own', async (exchange) => {
  const dir = await mkdtemp(join(tmpdir(), 'dt-swarm-store-'))
  let corrupt = 0
  const libp2p = (): never => {
    throw new Error('there is no network in this test')
  }
  const store = new HeliaStore(
    {
      libp2p,
      exchange,
      clock: systemClock,
      random: Math.random,
      counters: new Counters(),
      onCorrupt: () => (corrupt += 1),
    },
    { blocksDir: dir },
  )
  await store.start()
  const fileOf = (cid: CID): string => {
    const name = base32.baseEncode(cid.multihash.bytes)
    return join(dir, name.slice(-2), name)
  }
  return {
    store,
    blocks: store.blocks,
    free: async () => {},
    lose: (cid) => rm(fileOf(cid)),
    damage: (cid) => writeFile(fileOf(cid), 'this is not it'),
    corrupt: () => corrupt,
    close: async () => {
      await store.stop()
      await rm(dir, { recursive: true })
    },
  }
})
