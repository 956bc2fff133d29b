import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultFileSettings, type ContentStoreChoice, type FileSettings } from '../../../shared/file-views.ts'
import { defaultRecorderSettings } from '../../../shared/recorder-views.ts'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import { settingsSchema, type Settings } from '../../../shared/views.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { SettingsStore } from '../../store/settings-store.ts'
import { SettingsService } from './settings-service.ts'

const defaults: Settings = {
  name: 'laptop',
  role: 'operator',
  shareDir: '/home/u/shared-logs',
  downloadDir: '/home/u/Downloads',
  listen: ['/ip4/0.0.0.0/tcp/0'],
  bootstrap: [],
  mdns: true,
  channels: [],
  files: defaultFileSettings,
  recorder: defaultRecorderSettings,
  theme: 'system',
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dt-swarm-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function make(
  saved: Partial<Settings> = {},
  overrides: Partial<Settings> = {},
  files: Partial<Pick<FileSettings, 'store' | 'archive'>> = {},
) {
  const path = join(folder, 'settings.json')
  if (Object.keys(saved).length > 0) writeFileSync(path, JSON.stringify(saved))
  const store = new SettingsStore<Settings>(
    { clock: systemClock, log: silentLog, counters: new Counters() },
    { path, schema: settingsSchema, defaults },
  )
  const checkAddress = (address: string) => (address.startsWith('/') ? null : 'is not a multiaddress')
  const checkChannel = (config: ChannelConfig) => {
    if (!config.address.startsWith('/')) return { kind: 'rejected' as const, reason: 'does not begin with "/"' }
    return { kind: 'ok' as const, config: { ...config, address: config.address.replace(/\/$/, '') } }
  }
  const kept = () => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Settings>) : {})
  const checkStore = (choice: ContentStoreChoice) =>
    choice.kind === 'kubo' && !choice.url.startsWith('http') ? `"${choice.url}" is no address` : null
  const deps = { store, checkAddress, checkChannel, checkStore }
  return { service: new SettingsService(deps, { overrides, files }), kept }
}

describe('settings', () => {
  it('the command line wins over what was chosen, which wins over defaults', () => {
    const { service } = make({ name: 'chosen', theme: 'dark' }, { name: 'from the command line' })
    expect(service.get()).toMatchObject({ name: 'from the command line', theme: 'dark', role: 'operator' })
  })

  it('saves what was chosen, never what the command line said', () => {
    const { service, kept } = make({}, { bootstrap: ['/ip4/10.0.0.1/tcp/1'] })
    service.update({ name: 'desk' })
    expect(kept()).toEqual({ name: 'desk' })
    expect(service.get().bootstrap).toEqual(['/ip4/10.0.0.1/tcp/1'])
  })

  it('a change in the app wins over the command line for this run too', () => {
    const { service } = make({}, { name: 'from the command line' })
    expect(service.update({ name: 'desk' }).settings.name).toBe('desk')
    service.update({ theme: 'dark' })
    expect(service.get().name).toBe('desk')
  })

  it('says which settings wait for the next start', () => {
    const { service } = make()
    expect(service.update({ mdns: false, theme: 'light' }).waiting).toEqual(['mdns'])
    expect(service.update({ mdns: true }).waiting).toEqual([])
  })

  it.each([
    [{ shareDir: 'logs' }, /shareDir.*not a full path/],
    [{ bootstrap: ['somewhere'] }, /bootstrap.*"somewhere" is not a multiaddress/],
    [{ name: '  ' }, /name/],
  ])('refuses %j and changes nothing', (patch, message) => {
    const { service, kept } = make()
    expect(() => service.update(patch)).toThrow(message)
    expect(service.get()).toEqual(defaults)
    expect(kept()).toEqual({})
  })

  it('writes channels in the one way, and refuses what is none or is there twice', () => {
    const line = { address: '/ip4/10.0.0.1/tcp/1/dswarm-line/', mode: 'dial' as const, enabled: true }
    const plain = { ...line, address: '/ip4/10.0.0.1/tcp/1/dswarm-line' }
    const { service, kept } = make({ channels: [line] })
    expect(service.get().channels).toEqual([plain])
    service.update({ channels: [line, { ...line, mode: 'listen' }] })
    expect(kept().channels).toEqual([plain, { ...plain, mode: 'listen' }])
    expect(() => service.update({ channels: [{ ...line, address: 'tcp' }] })).toThrow(/channels: "tcp" does not begin/)
    expect(() => service.update({ channels: [line, plain] })).toThrow(/is there twice/)
    expect(service.get().channels).toHaveLength(2)
  })

  it("the command line's store stands for one field of the files, and is not saved with the others", () => {
    const kubo = { kind: 'kubo', url: 'http://127.0.0.1:5001' } as const
    const saved = { ...defaultFileSettings, ignore: ['*.tmp'] }
    const { service, kept } = make({ files: saved }, {}, { store: kubo })
    expect(service.get().files).toEqual({ ...saved, store: kubo })
    service.update({ files: { ...service.get().files, quotaBytes: 5 } })
    expect(kept().files).toEqual({ ...saved, quotaBytes: 5 })
    expect(service.get().files).toEqual({ ...saved, quotaBytes: 5, store: kubo })
    const other = { kind: 'kubo', url: 'http://127.0.0.1:5002' } as const
    service.update({ files: { ...service.get().files, store: other } })
    expect(kept().files?.store).toEqual(other)
    expect(service.get().files.store).toEqual(other)
  })

  it('a part of the files or the recorder leaves the rest of it as it was', () => {
    const saved = { ...defaultFileSettings, ignore: ['*.tmp'], archive: { kind: 'all' }, copies: 3 } as const
    const { service, kept } = make({ files: { ...saved, ignore: ['*.tmp'] } })
    service.update({ files: { quotaBytes: 5, maxFileBytes: undefined } })
    expect(service.get().files).toEqual({ ...saved, quotaBytes: 5 })
    service.update({ recorder: { on: true } })
    expect(kept().recorder).toEqual({ ...defaultRecorderSettings, on: true })
    expect(kept().files).toEqual({ ...saved, quotaBytes: 5 })
  })

  it("the command line's archive is in force beside the store, and not saved until another is chosen", () => {
    const kubo = { kind: 'kubo', url: 'http://127.0.0.1:5001' } as const
    const all = { kind: 'all' } as const
    const { service, kept } = make({}, {}, { store: kubo, archive: all })
    expect(service.get().files).toEqual({ ...defaultFileSettings, store: kubo, archive: all })
    service.update({ files: { ...service.get().files, copies: 2 } })
    expect(kept().files).toEqual({ ...defaultFileSettings, copies: 2 })
    expect(service.get().files).toEqual({ ...defaultFileSettings, store: kubo, archive: all, copies: 2 })
    service.update({ files: { ...service.get().files, archive: { kind: 'off' } } })
    expect(service.get().files).toEqual({ ...defaultFileSettings, store: kubo, copies: 2 })
    expect(() =>
      service.update({
        files: { ...service.get().files, archive: { kind: 'query', origin: null, search: ' ', topic: null } },
      }),
    ).toThrow(/needs a robot, words or a topic/)
  })

  it('refuses a store that is none, from the command line too', () => {
    const wrong = { kind: 'kubo', url: 'ftp://kubo' } as const
    expect(() => make({}, {}, { store: wrong })).toThrow(/files: "ftp:\/\/kubo" is no address/)
    const { service } = make()
    expect(() => service.update({ files: { ...defaultFileSettings, store: wrong } })).toThrow(/no address/)
    expect(service.get().files).toEqual(defaultFileSettings)
  })

  it('tells listeners after it has saved', () => {
    const { service, kept } = make()
    const heard: unknown[] = []
    service.events.on('settings:changed', (now) => heard.push([now.name, kept().name]))
    service.update({ name: 'desk' })
    expect(heard).toEqual([['desk', 'desk']])
  })
})
