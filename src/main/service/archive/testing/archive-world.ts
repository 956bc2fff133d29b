import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { hash } from 'node:crypto'
import type { FileSettings } from '../../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../../shared/ids.ts'
import type { ShareView, TransferView } from '../../../../shared/views.ts'
import { FakeClock } from '../../../base/clock.ts'
import { Counters } from '../../../base/counters.ts'
import { Emitter } from '../../../base/emitter.ts'
import { silentLog } from '../../../base/log.ts'
import type { Keeper } from '../../../model/copy-risk.ts'
import { anyKeeper } from '../../files/copy-watch.ts'
import type { FileServiceEvents } from '../../files/file-service-init.ts'
import { mustFit } from '../../files/wanted-files.ts'
import { ArchiveService } from '../archive-service.ts'

/** In the form that ids have; always the same for a name. */
export const peerOf = (name: string): PeerId =>
  `12D3KooW${hash('sha256', name, 'hex').replaceAll('0', 'z').slice(0, 44)}` as PeerId

const cidOf = (name: string): Cid =>
  CID.createV1(0x55, createDigest(0x12, Uint8Array.from(hash('sha256', name, 'buffer')))).toString() as Cid

interface Shared {
  readonly name: string
  readonly sizeBytes: number
  readonly channel: string | null
  readonly origin: PeerId
  readonly holders: Set<PeerId>
}

/** One machine of the world, with its archive; what it is asked to fetch is fetched when the world says so. */
export class ArchiveMachine {
  readonly peer: PeerId
  readonly archive: ArchiveService
  readonly kept = new Set<Cid>()
  /** On their way, in the order of asking. */
  readonly fetching = new Map<Cid, TransferView['priority']>()
  /** Of those on their way. */
  readonly doneBytes = new Map<Cid, number>()
  /** Of those on their way, what a person holds. */
  readonly paused = new Set<Cid>()
  /** Each file that it was ever asked to fetch, as often as it was. */
  readonly asked: Cid[] = []
  readonly counters = new Counters()
  freeBytes: number | null = null
  /** So many can be on their way at a time. */
  places = 10_000
  settings: Pick<FileSettings, 'archive' | 'copies'>
  readonly events = new Emitter<Pick<FileServiceEvents, 'shares:changed' | 'fetch:finished'>>()

  constructor(world: ArchiveWorld, name: string, settings: Pick<FileSettings, 'archive' | 'copies'>) {
    this.peer = peerOf(name)
    this.settings = settings
    this.archive = new ArchiveService(
      {
        files: {
          events: this.events,
          shares: { cids: () => world.shares.keys(), get: (cid) => world.view(cid, this) },
          fetching: {
            isKept: (cid) => this.kept.has(cid),
            isWanted: (cid) => this.fetching.has(cid),
            active: (cid) => this.#active(cid),
            callOff: (cid, { kept }) => {
              const isOff = this.fetching.get(cid) === 'low' && this.fetching.delete(cid)
              if (isOff && !kept) this.kept.delete(cid)
              return isOff
            },
            fitting: (cids) => {
              let room = this.places - this.fetching.size
              return cids.filter((cid) => !this.#takesPlace(world, cid) || --room >= 0)
            },
            hold: (cids, { priority, background = false }) => {
              mustFit(cids.filter((cid) => this.#takesPlace(world, cid)).length, this.places - this.fetching.size)
              return cids.flatMap((cid) => this.#hold(world, cid, { priority, background }))
            },
          },
          scope: { sees: (peer) => world.onChannel.has(peer ?? '') },
          freeBytes: async () => this.freeBytes,
        },
        self: this.peer,
        volunteers: () => world.volunteers(),
        keeperOf: (peer) => world.keeperOf(peer),
        clock: world.clock,
        counters: this.counters,
        log: silentLog,
      },
      { settings, settleMs: 10, lookEveryMs: 60_000, leaveFreeBytes: 1_000 },
    )
  }

  set(settings: Pick<FileSettings, 'archive' | 'copies'>): void {
    this.settings = settings
    this.archive.applySettings(settings)
  }

  #active(cid: Cid): TransferView | undefined {
    const state = this.paused.has(cid) ? 'paused' : 'waiting'
    return this.fetching.has(cid)
      ? ({ cid, state, doneBytes: this.doneBytes.get(cid) ?? 0 } as TransferView)
      : undefined
  }

  #takesPlace(world: ArchiveWorld, cid: Cid): boolean {
    return !this.#isHere(world, cid) && !this.fetching.has(cid)
  }

  #isHere(world: ArchiveWorld, cid: Cid): boolean {
    return world.shares.get(cid)?.holders.has(this.peer) === true
  }

  #hold(
    world: ArchiveWorld,
    cid: Cid,
    { priority, background }: { readonly priority: TransferView['priority']; readonly background: boolean },
  ): TransferView[] {
    this.kept.add(cid)
    if (this.#isHere(world, cid)) return []
    const active = background ? this.#active(cid) : undefined
    if (active !== undefined) return [active]
    this.asked.push(cid)
    this.fetching.set(cid, priority)
    return [{ cid } as TransferView]
  }
}

/** Machines that know the same records at the same time; nothing moves but by `bring`. */
export class ArchiveWorld {
  readonly clock = new FakeClock()
  readonly shares = new Map<Cid, Shared>()
  readonly machines: ArchiveMachine[] = []
  /** Of those that are not here: alive, and nothing else is known. */
  readonly keepers = new Map<PeerId, Partial<Keeper>>()
  /** Who has joined the channels of files. */
  readonly onChannel = new Set<string>()

  async add(name: string, settings: Partial<FileSettings>): Promise<ArchiveMachine> {
    const machine = new ArchiveMachine(this, name, { archive: { kind: 'off' }, copies: 1, ...settings })
    this.machines.push(machine)
    await machine.archive.start()
    return machine
  }

  volunteers() {
    return this.machines
      .filter(({ peer, settings }) => settings.copies > 1 && this.keeperOf(peer).status === 'alive')
      .map(({ peer, settings }) => ({ peer, copies: settings.copies }))
  }

  keeperOf(peer: PeerId): Keeper {
    return { ...anyKeeper, status: 'alive', silentMs: 0, ...this.keepers.get(peer) }
  }

  share(name: string, origin: PeerId, more: { readonly sizeBytes?: number; readonly channel?: string } = {}): Cid {
    const cid = cidOf(name)
    const { sizeBytes = 1, channel = null } = more
    this.shares.set(cid, { name, sizeBytes, channel, origin, holders: new Set([origin]) })
    this.tell(cid)
    return cid
  }

  tell(cid: Cid): void {
    for (const { events } of this.machines) events.emit('shares:changed', { cids: [cid] })
  }

  /** Time in which what was told is looked at. */
  async settle(ms = 0): Promise<void> {
    // The archives look in slices, between which others have the thread, then wait a little for more news.
    for (const step of [0, ms, 20, 20]) {
      await this.clock.advance(step)
      for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** All that is on its way arrives, or ends so. @param to default: all machines */
  async bring(state: 'done' | 'failed' = 'done', to: readonly ArchiveMachine[] = this.machines): Promise<void> {
    for (const machine of to) {
      for (const cid of machine.fetching.keys()) {
        machine.fetching.delete(cid)
        if (state === 'done') this.shares.get(cid)?.holders.add(machine.peer)
        machine.events.emit('fetch:finished', { cid, state } as TransferView)
        this.tell(cid)
      }
    }
    await this.settle()
  }

  async stop(): Promise<void> {
    await Promise.all(this.machines.map(({ archive }) => archive.stop()))
  }

  view(cid: Cid, { peer, kept }: ArchiveMachine): ShareView | undefined {
    const shared = this.shares.get(cid)
    if (shared === undefined) return undefined
    const isUp = (holder: PeerId): boolean => ['alive', 'suspect'].includes(this.keeperOf(holder).status)
    const copies = [...shared.holders].map((holder) => ({ peer: holder, name: holder.slice(8), alive: isUp(holder) }))
    const risk = copies.length === 1 ? 'low' : 'none'
    return {
      cid,
      name: shared.name,
      sizeBytes: shared.sizeBytes,
      mediaType: '',
      origin: shared.origin,
      originName: shared.origin.slice(8),
      simulated: false,
      modifiedAtMs: 1,
      sharedAtMs: 1,
      copies,
      safety: { copies: copies.length, aliveCopies: copies.filter(({ alive }) => alive).length, risk, why: '' },
      local: shared.holders.has(peer),
      kept: kept.has(cid),
      own: shared.origin === peer,
      sha1: null,
      channel: shared.channel,
      log: null,
    }
  }
}
