import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { silentLog } from '../../base/log.ts'
import { Desktop } from './desktop.ts'
import { parseOptions } from './options.ts'
import { parts } from './parts.ts'
import { app, fake, resetFake } from './testing/fake-electron.ts'

vi.mock('electron', () => import('./testing/fake-electron.ts'))

let home: string

beforeEach(() => {
  resetFake()
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-parts-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('the desktop app with a real peer', () => {
  it('serves it to the window, shares a dropped file, keeps the key wrapped, and quits cleanly', async () => {
    const args = ['--home', join(home, 'peer'), '--share', join(home, 'share'), '--name', 'desk', '--no-mdns']
    const desktop = new Desktop(
      { log: silentLog },
      {
        options: parseOptions([...args, '--listen', '/ip4/127.0.0.1/tcp/0', '--web', '127.0.0.1:0'], {}),
        version: '0.1.0',
        rendererDir: home,
        preloadFile: '/app/preload.cjs',
        iconDir: '/app/icons',
        load: async () => parts,
      },
    )
    await desktop.start()
    expect(fake.errorBoxes).toEqual([])
    const contents = fake.windows[0]?.webContents
    if (contents === undefined) throw new Error('no window')
    contents.ipc.emit('dt-swarm:connect', { senderFrame: contents.mainFrame })
    const port = contents.mainFrame.received[0]?.ports[0]
    if (port === undefined) throw new Error('no port')
    port.start()
    const api = createORPCClient<ApiClient>(new RPCLink({ port }))

    const info = await api.system.info()
    expect(info).toMatchObject({ name: 'desk', version: '0.1.0', identityProtection: 'system' })
    expect(info.web).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(readFileSync(join(home, 'peer', 'identity.json'), 'utf8')).toContain('"system"')
    expect(await api.fleet.list()).toMatchObject([{ peer: info.peer, self: true, name: 'desk' }])

    const file = join(home, 'run.log')
    writeFileSync(file, 'one line\n')
    const answer = await contents.ipc.invoke('dt-swarm:share', contents.mainFrame, [file])
    expect(answer).toEqual({ accepted: 1, rejected: [] })
    await vi.waitFor(
      async () => expect(await api.files.list()).toMatchObject([{ name: 'run.log', sizeBytes: 9 }]),
      15_000,
    )

    app.quit()
    await vi.waitFor(() => expect(app.exitCode).toBe(0), 10_000)
    await expect(fetch(`${info.web}/`)).rejects.toThrow()
  })

  it('says in a box that another process uses the home', async () => {
    const options = parseOptions(['--home', home, '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0'], {})
    const first = await parts.createPeer({ home, version: '0.1.0', log: silentLog, settings: options.settings })
    const init = { options, version: '0.1.0', rendererDir: home, preloadFile: '/p.cjs', iconDir: '/i' }
    const desktop = new Desktop({ log: silentLog }, { ...init, load: async () => parts })
    await desktop.start()
    await first.stop()
    expect(fake.errorBoxes).toMatchObject([{ title: 'dt-swarm cannot start' }])
    expect(fake.errorBoxes[0]?.text).toContain(home)
    await vi.waitFor(() => expect(app.exitCode).toBe(1))
  })
})
