import { z } from 'zod'
import type { FileChannelView } from '../../../shared/file-views.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import { plainNameWords } from '../../../shared/plain-name.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { RecordBook } from '../../store/record-book.ts'
import { SettingsStore } from '../../store/settings-store.ts'
import { ChannelMembers } from './channel-members.ts'
import { channelKey, channelValue, isChannelName } from './file-channel-record.ts'

export interface FileChannelsDeps {
  readonly book: Pick<RecordBook, 'events' | 'eachLive' | 'state' | 'author'>
  readonly self: PeerId
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
  /** Who is on a channel, or whether this peer is, changed: other files may be listed now. */
  readonly changed: () => void
}

/** A lab has a handful; each costs one record and is looked through at every question. */
export const maxJoined = 64
/** The longest that the bucket takes: a robot back from the holidays is still on its channels. */
const validForMs = 31 * 24 * 60 * 60_000
/** Said again when less is left, so that two weeks of being switched off lose nothing. */
const renewBeforeMs = validForMs / 2
/** Also how soon a peer that was in 1970, or waited to be admitted, says it in time. */
const lookEveryMs = 10 * 60_000

const schema = z.object({ joined: z.array(z.string().max(63).refine(isChannelName)).max(maxJoined) })

/**
 * The file channels of this peer: named groups of peers that look for files among themselves. Which it has joined is kept
 * in a file and told the swarm by a record each, for as long as it stays.
 */
export class FileChannels implements Startable {
  readonly #deps: FileChannelsDeps
  readonly #saved: SettingsStore<z.infer<typeof schema>>
  readonly #members: ChannelMembers
  readonly #joined: Set<string>
  /** What was said in this run, by channel. */
  readonly #saidUntilMs = new Map<string, number>()
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: FileChannelsDeps, init: { readonly path: string }) {
    this.#deps = deps
    this.#saved = new SettingsStore(deps, { path: init.path, schema, defaults: { joined: [] } })
    this.#joined = new Set(this.#saved.get().joined)
    this.#members = new ChannelMembers({ ...deps, now: () => deps.clock.now() })
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    await this.#members.start()
    this.#loop = this.#repeat(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    await this.#loop
    await this.#members.stop()
  }

  /** Whether this peer is on a channel. */
  joined(name: string): boolean {
    return this.#joined.has(name)
  }

  /** Whether a peer is: this one as it chose, others as their records say. */
  isMember(peer: PeerId, name: string): boolean {
    return peer === this.#deps.self ? this.joined(name) : this.#members.has(name, peer)
  }

  /** The others on a channel. */
  others(name: string): readonly PeerId[] {
    return this.#members.members(name).filter((peer) => peer !== this.#deps.self)
  }

  /**
   * Those that were joined, then those heard of, each by name.
   * @param files how many files each channel has that somebody shares there
   */
  list(files: ReadonlyMap<string, number>): readonly FileChannelView[] {
    const heard = [...this.#members.names(), ...files.keys()].filter((name) => !this.#joined.has(name))
    return [...[...this.#joined].sort(), ...[...new Set(heard)].sort()].map((name) => this.#view(name, files))
  }

  view(name: string, files: ReadonlyMap<string, number>): FileChannelView {
    return this.#view(name, files)
  }

  /** Joining twice is no error. @throws SwarmError INVALID_INPUT, LIMIT_REACHED, DISK_FULL, PERMISSION_DENIED */
  join(name: string): void {
    checkName(name)
    if (this.#joined.has(name)) return
    if (this.#joined.size >= maxJoined) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `This peer is on ${maxJoined} file channels, which is as many as it can be: leave one before joining "${name}".`,
      )
    }
    this.#saved.update({ joined: [...this.#joined, name].sort() })
    this.#joined.add(name)
    this.#say(name, true)
    this.#deps.changed()
  }

  /** Leaving one that was not joined is no error. @throws SwarmError INVALID_INPUT, DISK_FULL, PERMISSION_DENIED */
  leave(name: string): void {
    checkName(name)
    if (!this.#joined.has(name)) return
    this.#saved.update({ joined: [...this.#joined].filter((one) => one !== name) })
    this.#joined.delete(name)
    this.#say(name, false)
    this.#deps.changed()
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    try {
      for (;;) {
        this.#renew()
        await clock.sleep(lookEveryMs, { signal })
      }
    } catch (err) {
      if (!isAbort(err)) log.error({ err }, 'telling of the file channels ended')
    }
  }

  #renew(): void {
    const { self, clock } = this.#deps
    const soonMs = clock.now() + renewBeforeMs
    for (const name of this.#joined) {
      // Before this peer is admitted what it says is not among what counts, and need not be said over and over.
      const untilMs = this.#members.saidUntilMs(name, self, true) ?? this.#saidUntilMs.get(name) ?? -Infinity
      if (untilMs < soonMs) this.#say(name, true)
    }
    // Leaving could not be told, or the file that says what was joined is lost.
    for (const name of this.#members.names()) {
      if (!this.#joined.has(name) && this.#members.has(name, self)) this.#say(name, false)
    }
  }

  /** What cannot be said now is said at the next look; here it counts all the same. */
  #say(name: string, joined: boolean): void {
    const { book, counters, log } = this.#deps
    try {
      const said = book.author({ bucket: 'channels', key: channelKey(name), value: channelValue(joined), validForMs })
      if (joined) this.#saidUntilMs.set(name, said.record.body.validUntil)
      else this.#saidUntilMs.delete(name)
    } catch (err) {
      counters.add('files.failed:channel')
      log.warn({ err, channel: name }, 'the swarm could not be told about a file channel; it is tried again')
    }
  }

  #view(name: string, files: ReadonlyMap<string, number>): FileChannelView {
    const joined = this.#joined.has(name)
    return { name, joined, members: this.others(name).length + (joined ? 1 : 0), files: files.get(name) ?? 0 }
  }
}

function checkName(name: string): void {
  if (isChannelName(name)) return
  throw new SwarmError('INVALID_INPUT', `"${name.slice(0, 80)}" is no name of a file channel: ${plainNameWords}.`)
}
