import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ArchiveWorld, peerOf } from './testing/archive-world.ts'

const robot = peerOf('duckie07')

let world: ArchiveWorld
beforeEach(() => {
  world = new ArchiveWorld()
})
afterEach(() => world.stop())

describe('a rescue', () => {
  it('fetches what is at risk before all others and keeps it; what is here is only kept', async () => {
    const laptop = await world.add('laptop', {})
    const lonely = world.share('lonely', robot)
    const here = world.share('here', robot)
    world.shares.get(here)?.holders.add(laptop.peer)
    expect(laptop.archive.rescue({ risk: 'high' })).toEqual({ transfers: [], here: 0, more: 0 })
    expect(laptop.archive.rescue({ risk: 'low' })).toMatchObject({ transfers: [{ cid: lonely }], here: 0, more: 0 })
    expect(laptop.fetching.get(lonely)).toBe('high')
    expect(laptop.archive.rescue({ cids: [here, here], risk: 'high' })).toEqual({ transfers: [], here: 1, more: 0 })
    expect([...laptop.kept]).toEqual([lonely, here])
  })

  it('takes what can wait to be fetched, of what somebody can give first, and tells how many are left out', async () => {
    const laptop = await world.add('laptop', {})
    const away = peerOf('away')
    world.keepers.set(away, { status: 'gone' })
    const lost = world.share('lost', away)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => world.share(name, robot))
    laptop.places = 2
    expect(laptop.archive.rescue({ risk: 'low' })).toMatchObject({ transfers: [{ cid: a }, { cid: b }], more: 2 })
    // What is on its way takes no place again.
    expect(() => laptop.archive.rescue({ cids: [lost], risk: 'low' })).toThrow(/1 file is meant, and 0 more can wait/)
    expect(laptop.archive.rescue({ cids: [a ?? lost, lost], risk: 'low' })).toMatchObject({ here: 0, more: 1 })
    expect([...laptop.kept]).toEqual([a, b])
    await world.bring()
    expect(laptop.archive.rescue({ risk: 'low' })).toMatchObject({ transfers: [{ cid: c }, { cid: lost }], more: 0 })
  })
})
