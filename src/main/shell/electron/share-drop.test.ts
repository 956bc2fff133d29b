import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebContents } from 'electron'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import { acceptDrops, mostFiles, parsePaths, shareDropped } from './share-drop.ts'
import { FakeFrame, FakeSession, FakeWebContents } from './testing/fake-contents.ts'
import { MemoryDesktopPeer } from './testing/memory-desktop.ts'

let folder: string
let log: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-drop-'))
  log = join(folder, 'run.log')
  writeFileSync(log, 'hello')
  mkdirSync(join(folder, 'inner'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('dropped paths', () => {
  it.each([
    ['no list', '/a'],
    ['a number', [1]],
    ['a path that is not full', ['logs/run.log']],
    ['a NUL', ['/tmp/a\0b']],
    ['an endless path', [`/${'a'.repeat(40_000)}`]],
    ['too many', Array.from({ length: mostFiles + 1 }, () => '/tmp/a')],
  ])('are refused: %s', (_what, data) => {
    expect(parsePaths(data)).toBeNull()
  })

  it('are taken as they are otherwise', () => {
    expect(parsePaths(['/tmp/ä b.bag', '/x'])).toEqual(['/tmp/ä b.bag', '/x'])
  })
})

describe('a drop', () => {
  it('shares files and folders, and says why it does not share the rest', async () => {
    const peer = new MemoryDesktopPeer()
    const inner = join(folder, 'inner')
    const answer = await shareDropped(peer, [log, inner, join(folder, 'gone.bag'), '/dev/null'])
    expect(peer.sharedPaths).toEqual([log, inner])
    expect(answer).toEqual({
      accepted: 2,
      rejected: [
        { name: 'gone.bag', reason: expect.stringContaining('cannot be read') },
        { name: 'null', reason: expect.stringContaining('neither a file nor a folder') },
      ],
    })
  })

  it('tells the cause when the peer cannot share', async () => {
    const peer = new MemoryDesktopPeer()
    peer.files.sharing.sharePaths = async () => {
      throw new SwarmError('DISK_FULL', 'the disk of the share folder is full: free some space')
    }
    expect(await shareDropped(peer, [log])).toEqual({
      accepted: 0,
      rejected: [{ name: 'run.log', reason: 'the disk of the share folder is full: free some space' }],
    })
  })

  it('is taken from our page alone', async () => {
    const peer = new MemoryDesktopPeer()
    const contents = new FakeWebContents(new FakeSession())
    acceptDrops(contents as unknown as WebContents, () => peer)
    const other = await contents.ipc.invoke('dt-swarm:share', new FakeFrame('https://evil.org/'), [log])
    expect(other).toMatchObject({ accepted: 0 })
    expect(peer.sharedPaths).toEqual([])
    expect(peer.counters.get('window.refused:share')).toBe(1)
    const own = await contents.ipc.invoke('dt-swarm:share', new FakeFrame('app://dt-swarm/#/logs'), [log])
    expect(own).toEqual({ accepted: 1, rejected: [] })
    const page = new FakeFrame('app://dt-swarm/#/logs')
    expect(await contents.ipc.invoke('dt-swarm:share', page, [log], 'race-day')).toMatchObject({ accepted: 1 })
    expect(peer.files.asked.at(-1)).toEqual(['sharePaths', [log], { how: 'copy', channel: 'race-day' }])
    expect(await contents.ipc.invoke('dt-swarm:share', page, [log], '../x')).toMatchObject({ accepted: 0 })
  })
})
