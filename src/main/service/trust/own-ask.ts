import type { TrustRole } from '../../../shared/trust-views.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { maxFutureMs } from '../../model/bucket.ts'
import { equalBytes } from '../../model/cbor.ts'
import type { SignedRecord } from '../../model/record.ts'
import { askKey, decodeTrust, encodeAsk, maxAskMs, type AskValue } from '../../model/trust-records.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { SwarmAsk } from '../../store/swarm-store.ts'
import type { HeldTrust } from './held-trust.ts'

const askAgainMs = 2 * 24 * 60 * 60_000

export interface OwnAskDeps {
  readonly self: PeerId
  readonly book: Pick<RecordBook, 'author' | 'attest' | 'trust'>
  readonly held: HeldTrust
  readonly clock: Clock
  readonly log: Log
  /** What this peer asks for: with the proof of its invite, or only by its role. */
  readonly wish: () => SwarmAsk
  readonly profile: () => { readonly name: string; readonly role: TrustRole; readonly simulated: boolean }
}

/** This peer's wish to be admitted: said while it is a stranger in its swarm, taken back once it is none. */
export class OwnAsk {
  readonly #deps: OwnAskDeps

  constructor(deps: OwnAskDeps) {
    this.#deps = deps
  }

  /** Brings what is said in line with where this peer stands. Cheap when nothing is to be done. */
  check(): void {
    const { book, self, clock, log } = this.#deps
    const { standing } = book.trust().of(self)
    // Of a revoked peer nothing is heard any more, not even this; and while the root has ended nobody can be admitted.
    if (standing === 'revoked' || book.trust().expiredRoot !== null) return
    const own = this.#own()
    if (standing !== 'stranger') return this.#takeBack(own)
    const value = this.#value()
    // Also of the time: one that was said before the clock was set right is refused by all others.
    const now = clock.now()
    const isFresh = (record: SignedRecord): boolean =>
      says(record, value) && record.body.validUntil - now > askAgainMs && record.body.validFrom <= now + maxFutureMs
    const stale = own.filter((record) => !isFresh(record))
    try {
      if (stale.length === own.length) {
        book.author({ bucket: 'trust', key: askKey, value: encodeAsk(value), validForMs: maxAskMs })
      }
    } catch (err) {
      log.warn({ err }, 'asking to be admitted failed; it is tried again')
      return
    }
    this.#takeBack(stale)
  }

  #takeBack(asks: readonly SignedRecord[]): void {
    for (const { id } of asks) {
      try {
        this.#deps.book.attest(id, 'dismiss')
      } catch (err) {
        // It ends by itself.
        this.#deps.log.debug({ err, id }, 'a wish to be admitted could not be taken back')
      }
    }
  }

  /** Asks of this peer that are not taken back. */
  #own(): readonly SignedRecord[] {
    const { held, self } = this.#deps
    return [...held.all()].filter(
      ({ body, attestations }) =>
        body.author === self &&
        body.key === askKey &&
        !attestations.some(({ author, verdict }) => author === self && verdict === 'dismiss'),
    )
  }

  #value(): AskValue {
    const { invite, proof, role } = this.#deps.wish()
    const { name, simulated } = this.#deps.profile()
    return { role, name, simulated, invite, proof }
  }
}

function says(record: SignedRecord, value: AskValue): boolean {
  const statement = decodeTrust(record.body)
  if (statement.kind !== 'ask') return false
  const { ask } = statement
  const sameProof =
    ask.proof === null || value.proof === null ? ask.proof === value.proof : equalBytes(ask.proof, value.proof)
  return ask.role === value.role && ask.name === value.name && ask.invite === value.invite && sameProof
}
