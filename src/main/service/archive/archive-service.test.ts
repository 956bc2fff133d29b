import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { ArchiveWorld, peerOf } from './testing/archive-world.ts'

const worlds: ArchiveWorld[] = []
const robot = peerOf('duckie07')
const all = { archive: { kind: 'all' } } as const

function makeWorld(): ArchiveWorld {
  const world = new ArchiveWorld()
  worlds.push(world)
  return world
}

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.stop()))
})

describe('an archive', () => {
  it('keeps what was shared before it was one and what is shared from then on, and leaves its own files alone', async () => {
    const world = makeWorld()
    const before = world.share('before', robot)
    const server = await world.add('server', {})
    world.share('own', server.peer)
    await world.settle()
    expect(server.asked).toEqual([])
    server.set({ ...all, copies: 1 })
    await world.settle()
    expect(server.asked).toEqual([before])
    expect(server.fetching.get(before)).toBe('low')
    expect(server.archive.view()).toMatchObject({ waitingFiles: 1, waitingBytes: 1, keptFiles: 0 })
    const after = world.share('after', robot)
    await world.settle()
    await world.bring()
    expect(server.asked).toEqual([before, after])
    expect(server.archive.view()).toMatchObject({ waitingFiles: 0, keptFiles: 2, keptBytes: 2, problem: null })
    await world.settle(120_000)
    expect(server.asked).toEqual([before, after])
  })

  it('by query keeps what fits and nothing else', async () => {
    const world = makeWorld()
    const server = await world.add('server', {
      archive: { kind: 'query', origin: robot, search: 'left', topic: null },
    })
    const fits = world.share('left-17', robot)
    world.share('right-17', robot)
    world.share('left-18', peerOf('duckie08'))
    await world.settle()
    expect(server.asked).toEqual([fits])
  })

  it('leaves room on the disk, says what it cannot take, takes what is smaller, and the rest when there is room', async () => {
    const world = makeWorld()
    const server = await world.add('server', all)
    server.freeBytes = 6_000
    const large = world.share('large', robot, { sizeBytes: 7_000 })
    const first = world.share('first', robot, { sizeBytes: 3_000 })
    const second = world.share('second', robot, { sizeBytes: 3_000 })
    await world.settle()
    expect(server.asked).toEqual([first])
    expect(server.archive.warnings()).toMatchObject([{ code: 'ARCHIVE_FULL' }])
    expect(server.archive.view().problem).toMatch(/^The archive takes no more: 2 files/)
    server.freeBytes = 3_000
    await world.bring()
    server.freeBytes = 20_000
    await world.settle(11 * 60_000)
    expect(server.asked).toEqual([first, large, second])
    expect(server.archive.warnings()).toEqual([])
  })

  it('tries again later what failed, and not at all what a person has cancelled', async () => {
    const world = makeWorld()
    const server = await world.add('server', all)
    const cid = world.share('run', robot)
    await world.settle()
    await world.bring('failed')
    await world.settle(5 * 60_000)
    expect(server.asked).toEqual([cid])
    await world.settle(6 * 60_000)
    expect(server.asked).toEqual([cid, cid])
    server.fetching.clear()
    world.tell(cid)
    await world.settle(60_000)
    world.tell(cid)
    await world.settle(60 * 60_000)
    expect(server.asked).toEqual([cid, cid])
  })

  it('does not wait for robots that are off: it fetches what others share, and theirs when they are back', async () => {
    const world = makeWorld()
    const server = await world.add('server', all)
    server.freeBytes = 100_000
    const began = Array.from({ length: 64 }, (_, n) => world.share(`begun${n}`, robot, { sizeBytes: 1_000 }))
    await world.settle()
    expect(server.asked).toEqual(began)
    world.keepers.set(robot, { status: 'gone', silentMs: 3_600_000 })
    const late = world.share('late', robot, { sizeBytes: 98_000 })
    const other = world.share('other', peerOf('duckie08'), { sizeBytes: 90_000 })
    await world.settle()
    expect(server.asked).toEqual([...began, other])
    expect(server.archive.warnings()).toEqual([])
    expect(server.archive.view()).toMatchObject({ waitingFiles: 66 })
    server.freeBytes = null
    world.keepers.delete(robot)
    await world.settle(60_000)
    await world.bring()
    await world.settle(60_000)
    expect(server.asked).toEqual([...began, other, late])
  })

  it('reckons with no room for what has come already, nor for what a person holds', async () => {
    const world = makeWorld()
    const server = await world.add('server', all)
    server.freeBytes = 7_000
    const first = world.share('first', robot, { sizeBytes: 6_000 })
    await world.settle()
    server.freeBytes = 3_000
    server.doneBytes.set(first, 5_000)
    const second = world.share('second', robot, { sizeBytes: 1_000 })
    await world.settle()
    server.paused.add(first)
    const third = world.share('third', robot, { sizeBytes: 1_000 })
    await world.settle()
    expect(server.asked).toEqual([first, second, third])
    expect(server.archive.warnings()).toEqual([])
  })

  it('leaves what is on its way as whoever asked for it wants it, and keeps it when it is here', async () => {
    const world = makeWorld()
    const server = await world.add('server', {})
    const rescued = world.share('rescued', robot)
    const fetched = world.share('fetched', robot)
    const cancelled = world.share('cancelled', robot)
    server.archive.rescue({ cids: [rescued], risk: 'high' })
    for (const cid of [fetched, cancelled]) server.fetching.set(cid, 'normal')
    server.set({ ...all, copies: 1 })
    await world.settle()
    expect(server.asked).toEqual([rescued])
    expect([...server.fetching.values()]).toEqual(['high', 'normal', 'normal'])
    server.fetching.delete(cancelled)
    await world.bring()
    await world.settle(60 * 60_000)
    expect(server.asked).toEqual([rescued])
    expect([...server.kept]).toEqual([rescued, fetched])
    expect(server.archive.view()).toMatchObject({ keptFiles: 2, waitingFiles: 0 })
  })

  it('hands on no more than 64 at a time', async () => {
    const world = makeWorld()
    const server = await world.add('server', all)
    for (let n = 0; n < 1_200; n += 1) world.share(`f${n}`, robot)
    await world.settle()
    expect(server.asked).toHaveLength(64)
    await world.bring()
    expect(server.asked).toHaveLength(128)
    expect(server.archive.view()).toMatchObject({ keptFiles: 64, waitingFiles: 1_136 })
  })
})

describe('a wanted number of copies', () => {
  it('is reached for every file, exactly, by machines that never speak of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        async (machines, copies, files) => {
          const world = makeWorld()
          for (let n = 0; n < machines; n += 1) await world.add(`server${n}`, { copies })
          for (let n = 0; n < files; n += 1) world.share(`f${n}`, robot)
          await world.settle()
          await world.bring()
          await world.settle(120_000)
          for (const { holders } of world.shares.values()) {
            expect(holders.size).toBe(Math.min(copies, machines + 1))
          }
          for (const { asked } of world.machines) expect(new Set(asked).size).toBe(asked.length)
          await world.stop()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('is made up for when a holder has been away for more than a day, not before', async () => {
    const world = makeWorld()
    const servers = [await world.add('a', { copies: 2 }), await world.add('b', { copies: 2 })]
    const cid = world.share('run', robot)
    await world.settle()
    await world.bring()
    expect(servers.flatMap(({ asked }) => asked)).toEqual([cid])
    world.keepers.set(robot, { status: 'gone', silentMs: 23 * 3_600_000 })
    await world.settle(120_000)
    expect(servers.flatMap(({ asked }) => asked)).toEqual([cid])
    world.keepers.set(robot, { status: 'gone', silentMs: 25 * 3_600_000 })
    await world.settle(120_000)
    expect(servers.map(({ asked }) => asked)).toEqual([[cid], [cid]])
  })

  it('when the one that was chosen does not fetch, the next in line does after ten minutes', async () => {
    const world = makeWorld()
    const servers = [await world.add('a', { copies: 2 }), await world.add('b', { copies: 2 })]
    for (const server of servers) server.freeBytes = 0
    const cid = world.share('run', robot)
    await world.settle()
    expect(servers.map(({ asked }) => asked)).toEqual([[], []])
    const chosen = servers.find(({ counters }) => counters.get('archive.copy:no-room') > 0)
    const other = servers.find((server) => server !== chosen)
    if (chosen === undefined || other === undefined) throw new Error('one of the two was chosen')
    other.freeBytes = 1e9
    await world.settle(9 * 60_000)
    expect(other.asked).toEqual([])
    await world.settle(3 * 60_000)
    expect(other.asked).toEqual([cid])
    await world.bring()
    await world.settle(60_000)
    expect(chosen.asked).toEqual([])
    expect(chosen.archive.warnings()).toEqual([])
  })

  it('of a robot that is off nobody stands in: when it is back, there are as many copies as are wanted', async () => {
    const world = makeWorld()
    for (let n = 0; n < 8; n += 1) await world.add(`server${n}`, { copies: 2 })
    world.keepers.set(robot, { status: 'gone', silentMs: 60_000 })
    const cid = world.share('run', robot)
    for (let times = 0; times < 12; times += 1) await world.settle(10 * 60_000)
    world.keepers.delete(robot)
    await world.settle(60_000)
    await world.bring()
    await world.settle(60_000)
    expect(world.machines.flatMap(({ asked }) => asked)).toEqual([cid])
    expect(world.shares.get(cid)?.holders.size).toBe(2)
  })

  it('who stands in for one that is only slow stops when the copy is there, and keeps it no more', async () => {
    const world = makeWorld()
    const servers = [await world.add('a', { copies: 2 }), await world.add('b', { copies: 2 })]
    const cid = world.share('run', robot)
    await world.settle()
    const chosen = servers.filter(({ asked }) => asked.length > 0)
    const [other] = servers.filter(({ asked }) => asked.length === 0)
    await world.settle(11 * 60_000)
    expect(other?.asked).toEqual([cid])
    expect(other?.kept).toEqual(new Set([cid]))
    await world.bring('done', chosen)
    expect(other?.fetching).toEqual(new Map())
    expect(other?.kept).toEqual(new Set())
    expect(other?.counters.get('archive.copy:spared')).toBe(1)
    // It is not as if a person had cancelled it.
    for (const { peer } of chosen) world.keepers.set(peer, { status: 'gone', silentMs: 25 * 3_600_000 })
    await world.settle(60_000)
    expect(other?.asked).toEqual([cid, cid])
  })

  it('what a person had kept before it was fetched for this stays kept when that stops', async () => {
    const world = makeWorld()
    const [a, b] = [await world.add('a', { copies: 2 }), await world.add('b', { copies: 2 })]
    const cid = world.share('run', robot)
    for (const { kept } of [a, b]) kept.add(cid)
    await world.settle()
    await world.settle(11 * 60_000)
    expect([a.asked, b.asked]).toEqual([[cid], [cid]])
    await world.bring('done', [a])
    expect(b.fetching).toEqual(new Map())
    expect(b.kept).toEqual(new Set([cid]))
  })

  it('a file of a channel is left to those who have joined it', async () => {
    const world = makeWorld()
    const servers = [await world.add('a', { copies: 2 }), await world.add('b', { copies: 2 })]
    world.onChannel.add(peerOf('b'))
    for (let n = 0; n < 8; n += 1) world.share(`f${n}`, robot, { channel: 'course' })
    await world.settle()
    expect(servers.map(({ asked }) => asked.length)).toEqual([0, 8])
  })
})
