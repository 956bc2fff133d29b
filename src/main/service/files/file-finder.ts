import { join } from 'node:path'
import type { FileChannelView, FoundView } from '../../../shared/file-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { ShareView } from '../../../shared/views.ts'
import type { EventSource, Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Providing, Seeking } from '../../net/seek/seek-frames.ts'
import { Seekers } from '../../net/seek/seeking.ts'
import { FileChannels } from './file-channels.ts'
import type { FileServiceDeps, FileServiceEvents } from './file-service-init.ts'
import { FileScope } from './file-scope.ts'
import { Sha1Index } from './sha1-index.ts'
import type { ShareBook } from './share-book.ts'
import type { ShareIndex } from './share-index.ts'
import { toldBy } from './share-record.ts'
import { lastingShare } from './share-view.ts'
import { ToldHolders } from './told-holders.ts'
import { formatUri, parseUri, type FileUri } from './uri.ts'

export interface FileFinderDeps extends Pick<
  FileServiceDeps,
  'book' | 'node' | 'peerId' | 'nameOf' | 'statusOf' | 'clock' | 'counters' | 'log'
> {
  readonly shares: ShareBook
  readonly index: ShareIndex
  readonly events: EventSource<FileServiceEvents>
  /** Aborts when the service stops. */
  readonly signal: () => AbortSignal
  /** Files were told of, or may now be seen, or no longer. */
  readonly changed: (cids: readonly Cid[]) => void
}

export interface FindOptions {
  /** Only among those on this file channel, which this peer must have joined. */
  readonly channel?: string | undefined
  readonly signal?: AbortSignal
}

/** Channels whose members are asked by one search that names none. */
const maxChannelsAsked = 8
/** A fetch that waits looks every few seconds; its neighbours need not be asked as often. */
const lookAgainMs = 15_000
/** As many as wait at the same time, and more. */
const maxLooked = 256

/** `holders`: by record. */
interface Looked {
  readonly cid: Cid | null
  readonly holders: readonly PeerId[]
  readonly answers: readonly Providing[]
}

interface Candidate {
  readonly cid: Cid
  readonly local: boolean
  readonly holders: readonly PeerId[]
  readonly reachable: number
}

/**
 * What a URI stands for and who has it: by what is here, then by records, then by asking. Also what may be seen and given
 * on which file channel.
 */
export class FileFinder implements Startable {
  readonly channels: FileChannels
  readonly scope: FileScope
  readonly #deps: FileFinderDeps
  readonly #sha1s = new Sha1Index()
  readonly #told: ToldHolders
  readonly #seekers: Seekers
  /** When it was last asked around for a file. */
  readonly #lookedAtMs = new Map<Cid, number>()
  #off: Unsubscribe | null = null

  constructor(deps: FileFinderDeps, init: { readonly home: string }) {
    this.#deps = deps
    this.#told = new ToldHolders(deps)
    const { book, peerId } = deps
    this.channels = new FileChannels(
      { ...deps, self: peerId, changed: () => deps.changed(this.scope.scoped()) },
      { path: join(init.home, 'file-channels.json') },
    )
    this.scope = new FileScope({ ...deps, channels: this.channels })
    this.#seekers = new Seekers({
      ...deps,
      self: peerId,
      isMember: (peer) => !['stranger', 'revoked'].includes(book.trust().of(peer).standing),
      onChannel: (name) => this.channels.others(name),
      own: (seeking, to) => this.#own(seeking, to),
    })
  }

  /** After the index was loaded, and before the book of shares starts to tell. */
  async start(): Promise<void> {
    if (this.#off !== null) return
    this.#off = this.#deps.events.on('shares:changed', ({ cids }) => cids.forEach((cid) => this.#note(cid)))
    for (const cid of this.#deps.index.held.keys()) this.#note(cid)
    await this.channels.start()
    await this.#seekers.start()
  }

  async stop(): Promise<void> {
    this.#off?.()
    this.#off = null
    await this.#seekers.stop()
    await this.channels.stop()
    this.#sha1s.clear()
    this.scope.clear()
    this.#lookedAtMs.clear()
  }

  /** @throws SwarmError INVALID_INPUT for what is no URI, or a channel that this peer is not on */
  async find(text: string, { channel, signal = new AbortController().signal }: FindOptions = {}): Promise<FoundView> {
    const uri = parseUri(text)
    if (channel !== undefined && !this.channels.joined(channel)) {
      throw new SwarmError(
        'INVALID_INPUT',
        `This peer is not on the file channel "${channel}": join it first, then look for files there.`,
      )
    }
    const { cid, holders, answers } = await this.#look(uri, channel, signal)
    return this.#found(uri, cid, holders, answers)
  }

  /** The file that a URI stands for. @throws SwarmError INVALID_INPUT, NOT_FOUND */
  async resolve(text: string, { signal }: { readonly signal: AbortSignal }): Promise<Cid> {
    const uri = parseUri(text)
    if (uri.kind === 'cid') return uri.cid
    const { cid } = await this.#look(uri, undefined, signal)
    if (cid !== null) return cid
    const asked = this.#deps.node.neighbours().length
    throw new SwarmError(
      'NOT_FOUND',
      `No file with the SHA-1 ${uri.sha1} is known: no record names it, and none of the ${asked} linked peers has it. Check the hash, or try again when its holder is back.`,
      { detail: { sha1: uri.sha1 } },
    )
  }

  /** Asks around for a file that no known holder gives, now and then; who has it is then among `told`. */
  async look(cid: Cid, signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.monotonic()
    for (const [one, atMs] of this.#lookedAtMs) if (atMs <= now - lookAgainMs) this.#lookedAtMs.delete(one)
    if (this.#lookedAtMs.has(cid) || this.#lookedAtMs.size >= maxLooked) return
    this.#lookedAtMs.set(cid, now)
    await this.#seek({ kind: 'cid', cid, name: null }, undefined, signal)
  }

  /** Peers that said lately, when asked, that they have a file. */
  told(cid: Cid): readonly PeerId[] {
    return this.#told.of(cid)
  }

  /** All of a file was read, and its SHA-1 is not what was said: the next file that is said to have it is tried. */
  disprove(sha1: string, cid: Cid): void {
    this.#sha1s.disprove(sha1, cid)
    this.#deps.counters.add('files.refused:wrong-sha1')
    this.#deps.log.warn(
      { sha1, cid, from: this.#holders(cid, undefined) },
      'a file has not the SHA-1 that was said of it',
    )
  }

  listChannels(): readonly FileChannelView[] {
    return this.channels.list(this.scope.counts())
  }

  /** @throws SwarmError INVALID_INPUT, LIMIT_REACHED */
  joinChannel(name: string): FileChannelView {
    this.channels.join(name)
    return this.channels.view(name, this.scope.counts())
  }

  /** @throws SwarmError INVALID_INPUT */
  leaveChannel(name: string): FileChannelView {
    this.channels.leave(name)
    return this.channels.view(name, this.scope.counts())
  }

  /** The channel that this peer would have to join for a file; null when it need not. */
  closedTo(cid: Cid): string | null {
    return this.#isSeen(cid) ? null : (this.scope.channelsOf(cid)[0] ?? null)
  }

  /** A file of a channel that this peer is not on is not shown. */
  isShown(share: ShareView): boolean {
    return share.channel === null || share.own || this.#isSeen(share.cid)
  }

  #isSeen(cid: Cid): boolean {
    return this.#deps.index.held.has(cid) || this.scope.sees(this.#deps.peerId, cid)
  }

  async #look(uri: FileUri, channel: string | undefined, signal: AbortSignal): Promise<Looked> {
    const known = this.#best(this.#cidsOf(uri), channel)
    if (known !== null && (known.local || known.reachable > 0)) return { ...known, answers: [] }
    const answers = await this.#seek(uri, channel, signal)
    const cid = answers[0]?.cid ?? known?.cid ?? (uri.kind === 'cid' ? uri.cid : null)
    return { cid, holders: known !== null && known.cid === cid ? known.holders : [], answers }
  }

  #note(cid: Cid): void {
    this.scope.note(cid)
    const { index, shares, signal } = this.#deps
    const said = shares.said(cid)
    const lasting = lastingShare(said)
    if (lasting !== undefined) {
      const { name, sha1, channel, modifiedAtMs, sharedAtMs, simulated } = lasting
      const told = { name, sha1, channel, modifiedAtMs, sharedAtMs, simulated }
      if (index.remember(cid, told)) index.changed(signal())
    }
    const kept = index.held.get(cid)?.said?.sha1 ?? null
    const all = [kept, ...said.map(({ value }) => toldBy(value)?.sha1 ?? null)]
    this.#sha1s.set(cid, [...new Set(all.filter((sha1) => sha1 !== null))])
  }

  #own({ hash, channel }: Seeking, to: PeerId): Omit<Providing, 'peer'> | null {
    if (channel !== null && !(this.channels.joined(channel) && this.channels.isMember(to, channel))) return null
    const { index, shares } = this.#deps
    for (const cid of hash.kind === 'cid' ? [hash.cid] : this.#sha1s.cids(hash.sha1)) {
      const held = index.held.get(cid)
      if (held === undefined || !this.scope.sees(to, cid)) continue
      return { cid, sizeBytes: held.sizeBytes, name: shares.facts(cid)?.name ?? held.said?.name ?? null }
    }
    return null
  }

  #cidsOf(uri: FileUri): readonly Cid[] {
    return (uri.kind === 'cid' ? [uri.cid] : this.#sha1s.cids(uri.sha1)).filter((cid) => this.#isSeen(cid))
  }

  /** Of several that may be meant: what is here, then what most peers that can be reached have. */
  #best(cids: readonly Cid[], channel: string | undefined): Candidate | null {
    const all = cids.map((cid): Candidate => {
      const holders = this.#holders(cid, channel)
      const reachable = holders.filter((peer) => this.#isThere(peer)).length
      return { cid, local: this.#deps.index.held.has(cid), holders, reachable }
    })
    return all.toSorted((a, b) => Number(b.local) - Number(a.local) || b.reachable - a.reachable)[0] ?? null
  }

  #holders(cid: Cid, channel: string | undefined): readonly PeerId[] {
    const holders = this.#deps.shares.holders(cid)
    return channel === undefined ? holders : holders.filter((peer) => this.channels.isMember(peer, channel))
  }

  #isThere(peer: PeerId): boolean {
    return this.#deps.node.linked(peer) || this.#deps.statusOf(peer) === 'alive'
  }

  /** First whoever is linked, then those on the channels of this peer who are not. */
  async #seek(uri: FileUri, channel: string | undefined, signal: AbortSignal): Promise<readonly Providing[]> {
    const hash =
      uri.kind === 'cid' ? ({ kind: 'cid', cid: uri.cid } as const) : ({ kind: 'sha1', sha1: uri.sha1 } as const)
    let answers = await this.#seekers.seek({ hash, channel: channel ?? null }, { signal })
    if (answers.length === 0 && channel === undefined) {
      const joined = this.channels.list(new Map()).filter((one) => one.joined && one.members > 1)
      const all = await Promise.all(
        joined.slice(0, maxChannelsAsked).map(({ name }) => this.#seekers.seek({ hash, channel: name }, { signal })),
      )
      answers = [...new Map(all.flat().map((one) => [one.peer, one])).values()]
    }
    const possible = answers.filter(({ cid }) => hash.kind === 'cid' || this.#sha1s.isPossible(hash.sha1, cid))
    for (const { cid, peer } of possible) this.#told.add(cid, peer)
    return possible
  }

  #found(uri: FileUri, cid: Cid | null, byRecord: readonly PeerId[], answers: readonly Providing[]): FoundView {
    const { shares, index, nameOf } = this.#deps
    const told = answers.filter((one) => one.cid === cid)
    const held = cid === null ? undefined : index.held.get(cid)
    const facts = cid !== null && this.#isSeen(cid) ? shares.facts(cid) : undefined
    const asked = new Set(told.map(({ peer }) => peer))
    const recorded = byRecord.filter((peer) => !asked.has(peer))
    return {
      uri: formatUri(uri),
      cid,
      sha1: uri.kind === 'sha1' ? uri.sha1 : cid === null ? null : this.#sha1s.of(cid),
      name: facts?.name ?? held?.said?.name ?? told[0]?.name ?? uri.name,
      sizeBytes: held?.sizeBytes ?? facts?.sizeBytes ?? told[0]?.sizeBytes ?? null,
      local: held !== undefined,
      providers: [
        ...[...asked].map((peer) => ({ peer, name: nameOf(peer), alive: true, how: 'answer' as const })),
        ...recorded.map((peer) => ({ peer, name: nameOf(peer), alive: this.#isThere(peer), how: 'record' as const })),
      ],
    }
  }
}
