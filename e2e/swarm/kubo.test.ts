import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { seeded, whole } from '../../src/main/service/files/testing/content-store-suite.ts'
import { KuboDaemon, realKubo } from '../../src/main/service/files/testing/kubo-daemon.ts'
import type { StorageView } from '../../src/shared/file-views.ts'
import type { Settings, TransferView } from '../../src/shared/views.ts'
import { Daemon, scratch } from './fixtures/daemon.ts'

const kubo = await realKubo()

const MiB = 1024 ** 2
const soon = { timeout: 60_000, interval: 100 }

describe.skipIf(kubo.path === null)('with a real Kubo', () => {
  const folder = scratch()
  const plain = new Daemon(folder.path, 'plain')
  const keeper = new Daemon(folder.path, 'keeper')
  /** One that knows nothing of dt-swarm, and one that keeps the files of a peer. */
  let stranger: KuboDaemon
  let store: KuboDaemon

  beforeAll(async () => {
    stranger = await KuboDaemon.make(kubo.path ?? '')
    store = await KuboDaemon.make(kubo.path ?? '')
    await Promise.all([stranger.start(), store.start()])
    store.keepPorts()
    await plain.start()
    await keeper.start({ join: await plain.invite(), more: ['--kubo', store.api] })
    await keeper.admitted()
    // On a busy machine a handshake may take longer than Kubo waits.
    await vi.waitFor(() => stranger.ipfs('swarm', 'connect', plain.address), soon)
  })
  afterAll(async () => {
    await Promise.all([plain.stop(), keeper.stop()])
    await Promise.all([stranger.remove(), store.remove()])
    folder.remove()
  })

  async function upload(daemon: Daemon, name: string, bytes: Buffer): Promise<string> {
    const answer = await daemon.call(`/files/upload?name=${name}`, { method: 'PUT', body: new Uint8Array(bytes) })
    expect({ status: answer.status, text: await answer.clone().text() }).toMatchObject({ status: 200 })
    return vi.waitFor(async () => {
      const share = (await daemon.files()).find((one) => one.name === name)
      if (share === undefined) throw new Error(`${name} is not shared yet`)
      return share.cid
    }, soon)
  }
  async function known(daemon: Daemon, cid: string): Promise<void> {
    await vi.waitFor(async () => expect((await daemon.files()).map((one) => one.cid)).toContain(cid), soon)
  }
  const begin = (daemon: Daemon, cid: string): Promise<TransferView> =>
    daemon.post<TransferView>(`/files/${cid}/fetch`, { to: 'store' })
  const ended = (daemon: Daemon, { id }: TransferView): Promise<TransferView> =>
    vi.waitFor(async () => {
      const view = await daemon.json<TransferView>(`/transfers/${id}`)
      if (view.endedAtMs === null) throw new Error(`${view.state}: ${view.step}, ${view.doneBytes} bytes`)
      return view
    }, soon)
  async function contentOf(daemon: Daemon, cid: string): Promise<string> {
    const answer = await daemon.call(`/files/${cid}/content`)
    expect(answer.status).toBe(200)
    return hashOf(Buffer.from(await answer.arrayBuffer()))
  }
  const storage = (daemon: Daemon): Promise<StorageView> => daemon.json<StorageView>('/files/storage')
  async function use(daemon: Daemon, choice: Settings['files']['store']): Promise<void> {
    const { files } = await daemon.json<Settings>('/settings')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ files: { ...files, store: choice } })
    const answer = await daemon.call('/settings', { method: 'PATCH', headers, body })
    expect({ status: answer.status, text: await answer.clone().text() }).toMatchObject({ status: 200 })
  }
  const settled = (daemon: Daemon): Promise<void> =>
    vi.waitFor(async () => expect(await storage(daemon)).toMatchObject({ moving: null, problem: null }), soon)
  const pinned = (): string => store.ipfs('pin', 'ls', '--type=recursive', '--names')

  it('Kubo fetches a file from a peer over Bitswap, and gives it the same CID', async () => {
    const bytes = await whole(seeded(5 * MiB + 3, 'from the swarm'))
    const cid = await upload(plain, 'swarm.bin', bytes)
    const askedAtMs = Date.now()
    expect((await stranger.cat(cid)).equals(bytes)).toBe(true)
    // Kubo asks again after 45 s for what it was not given.
    expect(Date.now() - askedAtMs).toBeLessThan(20_000)
    const path = join(folder.path, 'swarm.bin')
    writeFileSync(path, bytes)
    expect(stranger.ipfs('add', '-Q', '--cid-version=1', path).trim()).toBe(cid)
  })

  it('a peer fetches a file from Kubo over Bitswap', async () => {
    const bytes = await whole(seeded(5 * MiB + 4, 'from Kubo'))
    const path = join(folder.path, 'kubo.bin')
    writeFileSync(path, bytes)
    const cid = stranger.ipfs('add', '-Q', '--cid-version=1', path).trim()
    expect(await ended(plain, await begin(plain, cid))).toMatchObject({ state: 'done', doneBytes: bytes.length })
    expect(await contentOf(plain, cid)).toBe(hashOf(bytes))
  })

  it('a peer keeps its files in Kubo, and gives them to others from there', async () => {
    const bytes = await whole(seeded(6 * MiB + 5, 'kept in Kubo'))
    const cid = await upload(keeper, 'kept.bin', bytes)
    expect(pinned()).toContain(`${cid} recursive dt-swarm/${keeper.ready.peerId}`)
    expect((await store.cat(cid)).equals(bytes)).toBe(true)
    await known(plain, cid)
    expect(await ended(plain, await begin(plain, cid))).toMatchObject({ state: 'done', error: null })
    expect(await contentOf(plain, cid)).toBe(hashOf(bytes))
    const view = await storage(keeper)
    expect(view).toMatchObject({ store: { kind: 'kubo', url: store.api }, problem: null, moving: null })
    expect(view.version).toMatch(/^0\.\d+\.\d+/)
    expect(view.usedBytes).toBeGreaterThan(bytes.length)
    expect(view.freeBytes).toBeGreaterThan(0)
  })

  it('a peer fetches into Kubo, which pins it', async () => {
    const bytes = await whole(seeded(6 * MiB + 6, 'into Kubo'))
    const cid = await upload(plain, 'into.bin', bytes)
    await known(keeper, cid)
    expect(await ended(keeper, await begin(keeper, cid))).toMatchObject({ state: 'done', error: null })
    await vi.waitFor(() => expect(pinned()).toContain(`${cid} recursive dt-swarm/`), soon)
    expect((await store.cat(cid)).equals(bytes)).toBe(true)
  })

  it('Kubo is killed in the middle of a fetch: it is said, and goes on when Kubo is back', async () => {
    const bytes = await whole(seeded(96 * MiB, 'killed'))
    const cid = await upload(plain, 'killed.bin', bytes)
    await known(keeper, cid)
    const begun = await begin(keeper, cid)
    await vi.waitFor(
      async () => {
        const { doneBytes } = await keeper.json<TransferView>(`/transfers/${begun.id}`)
        expect(doneBytes).toBeGreaterThan(8 * MiB)
      },
      { timeout: 60_000, interval: 10 },
    )
    await store.stop('SIGKILL')
    await vi.waitFor(async () => {
      const { problem } = await storage(keeper)
      expect(problem).toContain(`Kubo at ${store.url} cannot be used`)
    }, soon)
    await vi.waitFor(async () => {
      const status = await keeper.json<{ warnings: { code: string }[] }>('/system/status')
      expect(status.warnings.map(({ code }) => code)).toContain('STORE_UNREACHABLE')
    }, soon)
    await vi.waitFor(async () => {
      const view = await keeper.json<TransferView>(`/transfers/${begun.id}`)
      expect(view).toMatchObject({ state: 'waiting', step: expect.stringContaining(`Kubo at ${store.url}`) })
    }, soon)
    await store.start()
    await vi.waitFor(async () => {
      expect((await keeper.files()).find((one) => one.cid === cid)?.local).toBe(true)
    }, soon)
    expect(await contentOf(keeper, cid)).toBe(hashOf(bytes))
    expect((await storage(keeper)).problem).toBeNull()
  })

  it('the store is switched while the peer runs, and back, and no share is lost', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `switched-${n}.bin`)
    const cids = new Map<string, string>()
    for (const [n, name] of names.entries()) {
      const bytes = await whole(seeded((n + 1) * 700_000, name))
      cids.set(await upload(keeper, name, bytes), hashOf(bytes))
    }
    const before = (await keeper.files()).filter(({ local }) => local).map(({ cid }) => cid)
    await use(keeper, { kind: 'embedded' })
    // Meanwhile too.
    for (const [cid, hash] of cids) expect(await contentOf(keeper, cid)).toBe(hash)
    await settled(keeper)
    expect((await storage(keeper)).store).toEqual({ kind: 'embedded' })
    expect(pinned()).not.toContain('dt-swarm/')
    await store.stop()
    for (const [cid, hash] of cids) expect(await contentOf(keeper, cid)).toBe(hash)
    expect((await keeper.files()).filter(({ local }) => local).map(({ cid }) => cid)).toEqual(before)
    // What comes meanwhile goes to the store that was chosen.
    const between = await whole(seeded(3 * MiB, 'between'))
    const cid = await upload(keeper, 'between.bin', between)
    cids.set(cid, hashOf(between))

    // Chosen while it is down: it is said, and done when it comes.
    await use(keeper, { kind: 'kubo', url: store.url })
    await vi.waitFor(async () => expect((await storage(keeper)).problem).toContain('cannot be used'), soon)
    for (const [one, hash] of cids) expect(await contentOf(keeper, one)).toBe(hash)
    await store.start()
    await settled(keeper)
    for (const one of cids.keys()) expect(pinned()).toContain(`${one} recursive dt-swarm/`)
    for (const [one, hash] of cids) expect(hashOf(await store.cat(one))).toBe(hash)
    expect((await keeper.files()).filter(({ local }) => local).map((one) => one.cid)).toEqual(
      expect.arrayContaining([...before, cid]),
    )
    // And it is kept over a restart of the peer.
    await keeper.stop()
    await keeper.start({ more: [] })
    expect((await storage(keeper)).store).toEqual({ kind: 'kubo', url: store.url })
    for (const [one, hash] of cids) expect(await contentOf(keeper, one)).toBe(hash)
  })
})

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
