import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import type {
  InvitePreview,
  InviteView,
  RestingView,
  SwarmView,
  TrustChangedView,
  TrustRole,
  TrustView,
} from '../../../shared/trust-views.ts'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { dialFirst } from './invite-addresses.ts'
import type { BucketRule } from '../../model/policy.ts'
import type { Verdict } from '../../model/attestation.ts'
import type { SignedRecord } from '../../model/record.ts'
import { maySign, neededFor } from '../../model/trust-needs.ts'
import { decodeTrust } from '../../model/trust-records.ts'
import type { RoleEntry } from '../../model/trust.ts'
import type { RecordBook } from '../../store/record-book.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { SwarmStore } from '../../store/swarm-store.ts'
import { Admissions } from './admissions.ts'
import { HeldTrust } from './held-trust.ts'
import { InviteBook } from './invite-book.ts'
import { readLink } from './join-swarm.ts'
import { OwnAsk } from './own-ask.ts'
import { Renewals } from './renewals.ts'
import { TrustChanges, type Keep } from './trust-changes.ts'
import { inviteView, isMine, maxAsks, previewOf, proposalsOf, restingView, swarmView, trustView } from './trust-view.ts'
import { withNames, wordsOf, type NameOf } from './trust-words.ts'

/** Renewals and asks that end are looked at so often; both have days to spare. */
const lookEveryMs = 15 * 60_000

export interface TrustServiceDeps {
  readonly self: PeerId
  readonly book: RecordBook
  readonly swarm: SwarmStore
  readonly clock: Clock
  readonly random: () => number
  readonly counters: Counters
  readonly log: Log
  readonly nameOf: NameOf
  /** Where this peer listens. */
  readonly addresses: () => readonly string[]
  readonly profile: () => { readonly name: string; readonly role: TrustRole; readonly simulated: boolean }
}

/** Who belongs to this peer's swarm and as what: invites, asks, admitting, revoking, root keys and rules. */
export class TrustService implements Startable {
  readonly #deps: TrustServiceDeps
  readonly #held: HeldTrust
  readonly #invites: InviteBook
  readonly #changes: TrustChanges
  readonly #admissions: Admissions
  readonly #ask: OwnAsk
  readonly #renewals: Renewals
  readonly #events: Emitter<{ 'view:changed': Record<never, never> }>
  #undo: Unsubscribe | null = null
  #run: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()

  constructor(deps: TrustServiceDeps, init: { readonly home: string }) {
    this.#deps = deps
    const { swarm } = deps.swarm.get().anchor
    this.#events = new Emitter((err) => deps.log.error({ err }, 'a listener of the trust service failed'))
    this.#held = new HeldTrust({ book: deps.book, onChange: () => this.#look() })
    const held = this.#held
    this.#invites = new InviteBook(deps, { home: init.home, swarm })
    this.#changes = new TrustChanges({ ...deps, held })
    this.#admissions = new Admissions({ ...deps, held, invites: this.#invites, changes: this.#changes })
    this.#renewals = new Renewals({ ...deps, held, changes: this.#changes })
    this.#ask = new OwnAsk({
      ...deps,
      held,
      wish: () => deps.swarm.get().ask ?? { role: deps.profile().role, invite: null, proof: null },
    })
  }

  /** `view:changed`: anything that `view` tells may differ, but for names. */
  get events(): EventSource<{ 'view:changed': Record<never, never> }> {
    return this.#events
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    this.#run = new AbortController()
    this.#undo = this.#deps.book.events.on('trust:changed', () => this.#look())
    await this.#held.start()
    this.#look()
    this.#loop = this.#lookNowAndThen(this.#run.signal)
  }

  async stop(): Promise<void> {
    this.#run?.abort()
    this.#run = null
    this.#undo?.()
    this.#undo = null
    await this.#loop
    await this.#admissions.settled()
    await this.#held.stop()
  }

  /** The clock goes another way now: what was asked by the old one may have to be asked again. */
  timeChanged(): void {
    this.#look()
  }

  view(): TrustView {
    const { book, swarm, self, nameOf } = this.#deps
    return trustView({
      state: book.trust(),
      file: swarm.get(),
      self,
      nameOf,
      held: this.#held.all(),
      waiting: this.#admissions.waiting(),
      invites: this.#invites,
    })
  }

  swarmView(): SwarmView {
    return swarmView(this.#deps.swarm.get(), this.#deps.book.trust())
  }

  /** For the badge of who may do something about it. */
  counts(): { readonly asks: number; readonly proposals: number } {
    const { book, self } = this.#deps
    const state = book.trust()
    const may = state.of(self).roles.has('operator')
    return {
      asks: may ? Math.min(maxAsks, this.#admissions.waiting().length) : 0,
      proposals: proposalsOf(state, this.#held.all()).filter(({ needed, record }) =>
        isMine(state, needed, record, self),
      ).length,
    }
  }

  /**
   * @param options.forLater also a stranger may make it: it admits once this peer may
   * @throws SwarmError NOT_TRUSTED for a stranger, whose invites lead nowhere; LIMIT_REACHED, DISK_FULL
   */
  invite(
    init: { readonly role: TrustRole | null; readonly uses: number; readonly validForMs: number },
    { forLater = false }: { readonly forLater?: boolean } = {},
  ): InviteView {
    const { book, self, clock, nameOf } = this.#deps
    const { standing, reason } = book.trust().of(self)
    if (standing === 'revoked' || (standing === 'stranger' && !forLater)) {
      throw new SwarmError('NOT_TRUSTED', `A ${standing} cannot invite anybody: ${withNames(reason, nameOf)}.`)
    }
    const createdAtMs = Math.trunc(clock.now())
    const { role, uses, validForMs } = init
    if (role !== null && !forLater) this.#mustAdmitAs(role)
    const made = this.#invites.make({ role, uses, createdAtMs, expiresAtMs: createdAtMs + Math.trunc(validForMs) })
    this.#events.emit('view:changed', {})
    return this.#inviteView(made.id)
  }

  invites(): readonly InviteView[] {
    return this.#invites.open(this.#deps.clock.now()).map(({ id }) => this.#inviteView(id))
  }

  /** @throws SwarmError NOT_FOUND, DISK_FULL */
  withdrawInvite(id: string): void {
    this.#invites.withdraw(id, this.#deps.clock.now())
    this.#events.emit('view:changed', {})
  }

  /** @throws SwarmError BAD_INVITE */
  readInvite(link: string): InvitePreview {
    const { swarm, clock } = this.#deps
    return previewOf(readLink(link, clock.now()), swarm.get().anchor.swarm)
  }

  /** @throws SwarmError NOT_TRUSTED, LIMIT_REACHED, DISK_FULL */
  admit(peer: PeerId, roles: readonly TrustRole[], keep?: Keep): TrustChangedView {
    return this.#after(this.#changes.admit(peer, roles, keep))
  }

  /** @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL */
  revoke(peer: PeerId, note: string | null, keep?: Keep): TrustChangedView {
    return this.#after(this.#changes.revoke(peer, note, keep))
  }

  /** What hangs on the signature of a key, and would stop counting with it. */
  resting(peer: PeerId): RestingView {
    const { book, nameOf } = this.#deps
    return restingView(book.trust(), peer, nameOf)
  }

  /**
   * This peer's verdict on a trust record; with it what would stop counting by it.
   * @throws SwarmError NOT_FOUND, NOT_TRUSTED, DISK_FULL
   */
  attest(id: RecordId, verdict: Verdict): StoredRecord {
    return this.#changes.attest(id, verdict)
  }

  /** Whether who asks proves to hold an invite that was made here. */
  isInvited({ body }: SignedRecord): boolean {
    const statement = decodeTrust(body)
    return statement.kind === 'ask' && this.#invites.provenBy(body.author, statement.ask) !== undefined
  }

  /** @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL */
  setRoot(next: Parameters<TrustChanges['setRoot']>[0]): TrustView {
    this.#changes.setRoot(next)
    return this.view()
  }

  /** @throws SwarmError NOT_TRUSTED, INVALID_INPUT, LIMIT_REACHED, DISK_FULL */
  setPolicy(bucket: string, rule: Pick<BucketRule, 'authors' | 'endorse'> | null): TrustView {
    this.#changes.setPolicy(bucket, rule)
    return this.view()
  }

  /** A trust record in words. @throws SwarmError NOT_FOUND */
  describe(id: RecordId): { readonly what: string; readonly state: string; readonly reason: string } {
    const { book, nameOf } = this.#deps
    const record = this.#held.get(id)
    const verdict = book.trust().verdictOf(id)
    if (record === undefined || verdict === undefined) {
      throw new SwarmError('NOT_FOUND', `This peer holds no trust record ${id}.`)
    }
    return { what: wordsOf(record, nameOf), state: verdict.state, reason: withNames(verdict.reason, nameOf) }
  }

  #after(lost: readonly RoleEntry[]): TrustChangedView {
    const { nameOf } = this.#deps
    return { ...this.view(), ...(lost.length === 0 ? {} : { lost: lost.map(({ record }) => wordsOf(record, nameOf)) }) }
  }

  /** An invite that promises what this peer cannot give would leave who comes with it standing. */
  #mustAdmitAs(role: TrustRole): void {
    const { book, self, swarm } = this.#deps
    // Anybody about whom nothing was said yet: a swarm's id is no peer's.
    const somebody = swarm.get().anchor.swarm as string as PeerId
    const needed = neededFor(book.trust(), { subject: somebody, roles: [role] })
    if (maySign(book.trust(), needed, self)) return
    const who = needed.kind === 'operator' ? 'an operator' : 'a root key'
    throw new SwarmError(
      'NOT_TRUSTED',
      `Only ${who} can invite as ${role}: make an invite without a role, and who comes with it asks to be admitted.`,
    )
  }

  #inviteView(id: string): InviteView {
    const { swarm, addresses } = this.#deps
    const made = this.#invites.get(id)
    if (made === undefined) throw new SwarmError('NOT_FOUND', `No invite ${id} was made here.`)
    return inviteView(made, swarm.get(), this.swarmView().name, dialFirst(addresses()))
  }

  #look(): void {
    const signal = this.#run?.signal
    if (signal === undefined) return
    this.#ask.check()
    this.#admissions.check(signal)
    this.#events.emit('view:changed', {})
  }

  async #lookNowAndThen(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    while (!signal.aborted) {
      // Not at the start, when half of the trust is not here yet, and not all peers at once.
      await clock.sleep(lookEveryMs * (0.5 + random()), { signal }).catch(() => {})
      if (signal.aborted) return
      this.#renewals.check()
      this.#look()
    }
  }
}
