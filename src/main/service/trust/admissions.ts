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

/** Signing and storing one takes about a millisecond: no lab or class holds the process up. */
const perTurn = 16

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
      for (let at = 0; at < wishes.length && !signal.aborted; at += perTurn) {
        this.#admit(wishes.slice(at, at + perTurn))
        await setImmediate()
      }
    }
  }

  #admit(wishes: readonly { readonly peer: PeerId; readonly id: string }[]): void {
    const { invites, changes, clock, counters, log } = this.#deps
    for (const { peer, role } of invites.use(wishes, clock.now())) {
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
    if (open.size === 0) return []
    return this.waiting().flatMap(({ record, ask }) => {
      const peer = record.body.author
      const invite = invites.provenBy(peer, ask)
      if (invite === undefined || invite.role === null || !open.has(invite.id) || invite.usedBy.includes(peer))
        return []
      const allowed = maySign(state, neededFor(state, { subject: peer, roles: [invite.role] }), self)
      return allowed ? [{ peer, id: invite.id }] : []
    })
  }
}
