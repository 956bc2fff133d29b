import { setImmediate } from 'node:timers/promises'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { askKey, decodeTrust, type AskValue } from '../../model/trust-records.ts'
import { maySign, neededFor } from '../../model/trust-needs.ts'
import type { SignedRecord } from '../../model/record.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { HeldTrust } from './held-trust.ts'
import type { InviteBook } from './invite-book.ts'
import type { TrustChanges } from './trust-changes.ts'

/** Each admission has the trust evaluated anew, some milliseconds in a large swarm: others get their turn between. */
const turnMs = 15
/** Uses that are taken with one write, which waits for the disk. */
const perWrite = 256

export interface AdmissionsDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'trust'>
  readonly held: HeldTrust
  readonly invites: InviteBook
  readonly changes: TrustChanges
  readonly clock: Clock
  readonly counters: Counters
  readonly log: Log
}

/** A peer that asks to be admitted and waits. */
export interface WaitingAsk {
  readonly record: SignedRecord
  readonly ask: AskValue
}

/** Those who ask to be admitted; who proves to hold an invite that was made here is admitted by this peer itself. */
export class Admissions {
  readonly #deps: AdmissionsDeps
  #running: Promise<void> | null = null
  #again = false

  constructor(deps: AdmissionsDeps) {
    this.#deps = deps
  }

  /** Those who wait, one entry a peer, the newest it said; oldest wish first. */
  waiting(): readonly WaitingAsk[] {
    const { book, held } = this.#deps
    const state = book.trust()
    const newest = new Map<PeerId, WaitingAsk>()
    for (const record of held.all()) {
      if (record.body.key !== askKey || state.verdictOf(record.id)?.state !== 'proposed') continue
      const statement = decodeTrust(record.body)
      if (statement.kind !== 'ask') continue
      const { author, seq } = record.body
      const other = newest.get(author)
      if (other === undefined || other.record.body.seq < seq) newest.set(author, { record, ask: statement.ask })
    }
    return [...newest.values()].sort((a, b) => a.record.body.validFrom - b.record.body.validFrom)
  }

  /** Looks at who waits, and admits those whose invite says so. Calls while it runs lead to one more look. */
  check(signal: AbortSignal): void {
    this.#again = true
    this.#running ??= this.#admitAll(signal)
      .catch((err: unknown) => {
        if (signal.aborted) return
        this.#deps.counters.add('trust.failed:admission')
        this.#deps.log.error({ err }, 'admitting by invite failed')
      })
      .finally(() => (this.#running = null))
  }

  async settled(): Promise<void> {
    await this.#running
  }

  async #admitAll(signal: AbortSignal): Promise<void> {
    while (this.#again && !signal.aborted) {
      this.#again = false
      const wishes = this.#wishes()
      for (let at = 0; at < wishes.length && !signal.aborted; at += perWrite) {
        await this.#admit(wishes.slice(at, at + perWrite), signal)
      }
    }
  }

  async #admit(wishes: readonly { readonly peer: PeerId; readonly id: string }[], signal: AbortSignal): Promise<void> {
    const { book, invites, changes, clock, counters, log } = this.#deps
    let turnEndsMs = clock.monotonic() + turnMs
    for (const { peer, role } of invites.use(wishes, clock.now())) {
      if (clock.monotonic() >= turnEndsMs) {
        await setImmediate()
        turnEndsMs = clock.monotonic() + turnMs
      }
      if (signal.aborted) return
      // Somebody may have spoken about it meanwhile.
      if (book.trust().versionOf(peer) > 0) continue
      changes.admit(peer, [role])
      counters.add('trust.admitted:invite')
      log.info({ peer, role }, 'a peer was admitted by its invite')
    }
  }

  /** Who waits with an invite whose role this peer may grant, or at least propose. */
  #wishes(): readonly { readonly peer: PeerId; readonly id: string }[] {
    const { book, self, invites, clock } = this.#deps
    const state = book.trust()
    const open = new Set(invites.open(clock.now()).map(({ id }) => id))
    return this.waiting().flatMap(({ record, ask }) => {
      const peer = record.body.author
      // Who was spoken about, if only to be sent away, does not come in by itself.
      if (ask.invite === null || state.versionOf(peer) > 0) return []
      const invite = invites.provenBy(peer, ask)
      if (invite === undefined || invite.role === null) return []
      // One that is used up still admits those who used it up; one that has ended admits nobody.
      const isUsed = invite.expiresAtMs > clock.now() && invite.usedBy.includes(peer)
      if (!open.has(invite.id) && !isUsed) return []
      const allowed = maySign(state, neededFor(state, { subject: peer, roles: [invite.role] }), self)
      return allowed ? [{ peer, id: invite.id }] : []
    })
  }
}
