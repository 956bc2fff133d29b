import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../base/log.ts'
import { menuTemplate } from './menu.ts'
import { fake, resetFake } from './testing/fake-electron.ts'
import { MemoryDesktopPeer } from './testing/memory-desktop.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

interface Entry {
  readonly label?: string
  readonly role?: string
  readonly submenu?: readonly Entry[]
  readonly click?: () => void
}

let folder: string
let peer: MemoryDesktopPeer
let shown: (string | undefined)[]

beforeEach(() => {
  resetFake()
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-menu-'))
  peer = new MemoryDesktopPeer()
  shown = []
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function entries(platform: NodeJS.Platform): Entry[] {
  const template = menuTemplate(
    { window: () => null, show: (hash) => shown.push(hash), target: peer, shareDir: () => folder, log: silentLog },
    platform,
  ) as unknown as readonly Entry[]
  return template.flatMap((entry) => [entry, ...(entry.submenu ?? [])])
}

const click = (label: string) =>
  entries('linux')
    .find((entry) => entry.label === label)
    ?.click?.()

describe('the menu', () => {
  it('goes to the pages', () => {
    for (const label of ['Fleet', 'Logs', 'Network', 'Settings']) click(label)
    expect(shown).toEqual(['#/fleet', '#/logs', '#/network', '#/settings'])
  })

  it('shares chosen files, and says which were not shared', async () => {
    const log = join(folder, 'run.log')
    writeFileSync(log, 'x')
    fake.chosenFiles.push(log, join(folder, 'gone.log'))
    click('Share Files…')
    await vi.waitFor(() => expect(fake.messageBoxes).toHaveLength(1))
    expect(peer.sharedPaths).toEqual([log])
    expect(shown).toEqual(['#/logs'])
    expect(fake.messageBoxes[0]?.detail).toContain('gone.log: cannot be read')
  })

  it('shares a chosen folder', async () => {
    fake.chosenFiles.push(folder)
    click('Share a Folder…')
    await vi.waitFor(() => expect(peer.sharedPaths).toEqual([folder]))
    expect(shown).toEqual(['#/logs'])
    expect(fake.messageBoxes).toEqual([])
  })

  it('opens the share folder', () => {
    click('Open Share Folder')
    expect(fake.shownInFolder).toEqual([folder])
  })

  it('has the application menu where a Mac wants it, and Quit in File elsewhere', () => {
    expect(entries('darwin')[0]).toMatchObject({ role: 'appMenu' })
    expect(entries('darwin').map(({ role }) => role)).not.toContain('quit')
    expect(entries('linux').map(({ role }) => role)).toContain('quit')
  })
})
