import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TransferView } from '../../../shared/views.ts'
import { transferView } from '../api/testing/memory-transfers.ts'
import { WebRig } from '../web/testing/web-rig.ts'
import { storeFiles } from './store-command.ts'

let rig: WebRig
let said: string[]
let noted: string[]
beforeEach(async () => {
  rig = await WebRig.start()
  said = []
  noted = []
})
afterEach(() => rig.stop())

const io = {
  out: (text: string) => said.push(text),
  note: (text: string) => noted.push(text),
  progress: () => {},
  outliveReaders: () => {},
}

/** A folder of which sharing ends so. */
function folder(name: string, head: Partial<TransferView>, refused: readonly string[]): string {
  const path = join(rig.home, name)
  mkdirSync(path)
  const group = { id: 'head', name }
  const failed = refused.map((one, n) =>
    transferView(`r${n}`, {
      name: one,
      group,
      state: 'failed',
      error: { code: 'INVALID_INPUT', message: `${one} is bad` },
    }),
  )
  // Those that could not be looked at are told at once, the others only listed.
  rig.peer.files.transfers.views = () => failed
  rig.peer.files.sharing.sharePaths = async () => [
    transferView('head', { name: basename(path), group, ...head }),
    ...failed.slice(1),
  ]
  return path
}

const store = (path: string, json = false, channel?: string): Promise<boolean> =>
  storeFiles([path], { url: rig.url, token: rig.token }, { channel, json, line: 'uri' }, io)

test('of a folder with bad files the others are printed, and each that was refused with its reason', async () => {
  const path = folder('run', {}, ['run/a.bag', 'run/b.bag'])
  const cid = rig.peer.files.put('run/good.bag', Buffer.from('good'))
  expect(await store(path)).toBe(false)
  expect(said).toEqual([`ipfs://${cid}/run/good.bag`])
  expect(noted.toSorted()).toEqual([
    'all of it: dt-swarm fetch --folder run',
    'dt-swarm: run/a.bag: run/a.bag is bad',
    'dt-swarm: run/b.bag: run/b.bag is bad',
  ])
  said = []
  expect(await store(path, true)).toBe(false)
  expect(JSON.parse(said.join('\n'))).toEqual([
    expect.objectContaining({
      files: [{ cid, name: 'run/good.bag', uri: `ipfs://${cid}/run/good.bag` }],
      refused: expect.arrayContaining([{ name: 'run/a.bag', error: 'run/a.bag is bad' }]),
      error: null,
    }),
  ])
})

test('a folder that failed as a whole says so, with what is shared of it all the same', async () => {
  const path = folder(
    'run',
    { state: 'failed', error: { code: 'DISK_FULL', message: '1 of 2 could not be shared' } },
    [],
  )
  const cid = rig.peer.files.put('run/good.bag', Buffer.from('good'))
  expect(await store(path)).toBe(false)
  expect(said).toEqual([`ipfs://${cid}/run/good.bag`])
  expect(noted).toContain('dt-swarm: 1 of 2 could not be shared')
  expect(await store(folder('well', {}, []))).toBe(true)
  rig.peer.files.put("it's (2)/good.bag", Buffer.from('other'))
  await store(folder("it's (2)", {}, []))
  expect(noted).toContain("all of it: dt-swarm fetch --folder 'it'\\''s (2)'")
})

test('a file in the home of a peer is not sent: the daemon is asked for it by its path, and refuses it', async () => {
  const home = join(rig.home, 'theirs')
  mkdirSync(home)
  for (const name of ['identity.json', 'web-token']) writeFileSync(join(home, name), 'secret')
  symlinkSync(join(home, 'identity.json'), join(rig.home, 'innocent.log'))
  const asked: (readonly string[])[] = []
  rig.peer.files.sharing.sharePaths = async (paths) => {
    asked.push(paths)
    const error = { code: 'UNSUPPORTED', message: 'it lies in a home' }
    return [transferView('one', { name: 'x', state: 'failed', error })]
  }
  for (const path of [join(home, 'web-token'), join(rig.home, 'innocent.log')]) expect(await store(path)).toBe(false)
  expect(asked).toEqual([[join(home, 'web-token')], [join(rig.home, 'innocent.log')]])
  expect(noted).toEqual(['dt-swarm: it lies in a home', 'dt-swarm: it lies in a home'])
})

test('of what is shared on a file channel it is said that it is for all, or that this peer is not on it', async () => {
  const path = join(rig.home, 'run')
  mkdirSync(path)
  const step = 'shared on the file channel "course", which this peer has not joined'
  rig.peer.files.sharing.sharePaths = async () => [transferView('head', { name: 'run', cid: null, step })]
  const options = { channel: 'course', json: false, line: 'uri' } as const
  await storeFiles([path], { url: rig.url, token: rig.token }, options, io)
  expect(noted).toContain(`run: ${step}`)
})

test('what is to be known of a share on a file channel is said', async () => {
  const step = 'shared; this peer is not on the channel "course"'
  const path = folder('run', { step }, [])
  rig.peer.files.put('run/good.bag', Buffer.from('good'))
  expect(await store(path, false, 'course')).toBe(true)
  expect(noted).toContain(`run: ${step}`)
})
