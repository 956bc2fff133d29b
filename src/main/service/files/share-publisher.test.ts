import { afterEach, beforeEach, expect, it } from 'vitest'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { FakeClock } from '../../base/clock.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'
import { SharePublisher, type Publication } from './share-publisher.ts'
import { nowhere, ShareRig } from './testing/share-rig.ts'

let rig: ShareRig
let clock: FakeClock
let book: RecordBook
let shares: ShareBook
let index: ShareIndex
let publisher: SharePublisher
let stop: AbortController
const unshared = new Set<string>()

beforeEach(async () => {
  rig = new ShareRig()
  ;({ clock, book } = rig)
  shares = await rig.open()
  index = rig.newIndex()
  stop = new AbortController()
  const signal = (): AbortSignal => stop.signal
  publisher = new SharePublisher({
    shares,
    index,
    clock,
    simulated: false,
    signal,
    isUnshared: (path) => unshared.has(path),
  })
})

afterEach(async () => {
  stop.abort()
  await index.save()
  rig.remove()
})

function publication(name: string, content: number, change: Partial<Publication> = {}): Publication {
  const cid = CID.createV1(0x55, digestOf(0x12, Buffer.alloc(32, content))).toString() as Cid
  const file = { path: `/share/${name}`, name, sizeBytes: 3, mtimeMs: content }
  return {
    cid,
    file,
    linked: false,
    signal: stop.signal,
    modifiedAtMs: 1,
    sha1: null,
    channel: null,
    log: null,
    ...change,
  }
}

const listed = (): string[] =>
  shares
    .list(nowhere)
    .map(({ name }) => name)
    .toSorted()

it('the first is told at once, those that come with it in few transactions', async () => {
  const batches: number[] = []
  book.events.on('records:stored', ({ records }) => batches.push(records.length))
  const names = Array.from({ length: 150 }, (_, n) => `${n}`)
  const stored = Promise.all(names.map((name, n) => publisher.publish(publication(name, n))))
  expect(batches).toEqual([1])
  await clock.advance(30)
  await stored
  expect(batches).toEqual([1, 64, 64, 21])
  expect(listed()).toHaveLength(150)
  expect(index.files.get('/share/7')).toMatchObject({ name: '7', linked: false, channel: null })
})

it('a later state takes the place of an earlier one, also when both come at once', async () => {
  await publisher.publish(publication('first', 1))
  const both = [publisher.publish(publication('a', 2)), publisher.publish(publication('a', 3))]
  await clock.advance(30)
  await Promise.all(both)
  expect(listed()).toEqual(['a', 'first'])
  expect(shares.ownNamed('a').map(({ cid }) => cid)).toEqual([publication('a', 3).cid])
  // The same again is no new record.
  await clock.advance(30)
  const [before] = shares.ownNamed('a')
  expect(await publisher.publish(publication('a', 3))).toBe(before?.id)
})

const at = (path: string, name: string, content: number, change: Partial<Publication> = {}): Publication => {
  const one = publication(name, content, { linked: true, ...change })
  return { ...one, file: { ...one.file, path } }
}

const told = (): unknown[] => shares.ownNamed('camera.bag').map(({ cid, channel }) => [cid, channel])

it('takes nothing back of a file of the same name that lies elsewhere, only of what lay at the same path', async () => {
  const [one, two, three] = [1, 2, 3].map((content) => publication('camera.bag', content).cid)
  for (const next of [
    at('/n1/camera.bag', 'camera.bag', 1),
    at('/n2/camera.bag', 'camera.bag', 2),
    publication('camera.bag', 3),
  ]) {
    const published = publisher.publish(next)
    await clock.advance(30)
    await published
  }
  expect(told()).toEqual([
    [one, null],
    [two, null],
    [three, null],
  ])
  const changed = publisher.publish(at('/n1/camera.bag', 'camera.bag', 4))
  await clock.advance(30)
  await changed
  expect(told().map((share) => [share].flat()[0])).toEqual([two, three, publication('camera.bag', 4).cid])
  // The same content at two places is one share: it stands as long as one of them has it.
  const same = publisher.publish(at('/n3/camera.bag', 'camera.bag', 2))
  await clock.advance(30)
  await same
  const other = publisher.publish(at('/n2/camera.bag', 'camera.bag', 5))
  await clock.advance(30)
  await other
  expect(told()).toHaveLength(4)
  expect(told()).toContainEqual([two, null])
})

it('a further channel takes nothing away; what is shared with all needs none; a changed file stays with whom it was', async () => {
  const publish = async (content: number, channel: string | null | undefined): Promise<unknown[]> => {
    const published = publisher.publish(publication('camera.bag', content, { channel }))
    await clock.advance(30)
    await published
    return shares.ownNamed('camera.bag').map((share) => share.channel)
  }
  expect(await publish(1, 'course')).toEqual(['course'])
  expect(await publish(1, 'lab')).toEqual(['course', 'lab'])
  expect(index.files.get('/share/camera.bag')).toMatchObject({ channel: 'course', also: ['lab'] })
  expect(await publish(2, undefined)).toEqual(['course', 'lab'])
  expect(new Set(shares.ownNamed('camera.bag').map(({ cid }) => cid)).size).toBe(1)
  // Also when the index is lost: what was for a channel must not become everybody's by that.
  index.dropFile('/share/camera.bag')
  expect(await publish(3, undefined)).toEqual(['course', 'lab'])
  expect(await publish(3, null)).toEqual(['course', 'lab', null])
  expect(await publish(3, 'exam')).toEqual(['course', 'lab', null])
  // Another content that a person chooses is for those it is chosen for.
  expect(await publish(4, 'exam')).toEqual(['exam'])
})

it('a file that was deleted and kept comes back to those with whom it was shared', async () => {
  const publish = async (channel: string | null | undefined): Promise<unknown[]> => {
    const published = publisher.publish(publication('camera.bag', 1, { channel }))
    await clock.advance(30)
    await published
    return shares.ownNamed('camera.bag').map((share) => share.channel)
  }
  const comeBack = (): void => {
    index.keepCopy(publication('camera.bag', 1).cid, 3)
    index.dropFile('/share/camera.bag')
  }
  expect(await publish('course')).toEqual(['course'])
  comeBack()
  expect(await publish(undefined)).toEqual(['course'])
  comeBack()
  expect(await publish('lab')).toEqual(['course', 'lab'])
  expect(index.files.get('/share/camera.bag')).toMatchObject({ channel: 'course', also: ['lab'] })
  comeBack()
  expect(await publish(null)).toEqual(['course', 'lab', null])
})

it('one that cannot be signed fails alone', async () => {
  await publisher.publish(publication('first', 1))
  const signed = book.authorAll.bind(book)
  book.authorAll = (drafts) => {
    if (drafts.some(({ value }) => value['name'] === 'bad')) throw new SwarmError('LIMIT_REACHED', 'no more')
    return signed(drafts)
  }
  const results = Promise.allSettled(['a', 'bad', 'b'].map((name, n) => publisher.publish(publication(name, 10 + n))))
  await clock.advance(30)
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(listed()).toEqual(['a', 'b', 'first'])
})

it('there is room for so many; a stop gives up those that wait', async () => {
  const all = Array.from({ length: 513 }, (_, n) => publisher.publish(publication(`${n}`, n % 256)))
  const results = Promise.allSettled(all)
  let hasRoom = false
  const room = publisher.room().then(() => (hasRoom = true))
  await Promise.resolve()
  expect(hasRoom).toBe(false)
  await clock.advance(10)
  await room
  stop.abort()
  const statuses = (await results).map(({ status }) => status)
  expect(statuses.filter((status) => status === 'fulfilled')).toHaveLength(65)
})

it('what was unshared or given up while it waited here is not told', async () => {
  await publisher.publish(publication('first', 1))
  const given = new AbortController()
  const three = [
    publisher.publish(publication('private', 2)),
    publisher.publish(publication('given-up', 3, { signal: given.signal })),
    publisher.publish(publication('b', 4)),
  ]
  unshared.add('/share/private')
  given.abort()
  const settled = Promise.allSettled(three)
  await clock.advance(30)
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  expect(listed()).toEqual(['b', 'first'])
  // A link of the same path is another thing.
  await clock.advance(30)
  await publisher.publish(publication('private', 2, { linked: true }))
  expect(listed()).toEqual(['b', 'first', 'private'])
  unshared.clear()
})
