import type { InviteView, RestingView, TrustView } from '../../shared/trust-views.ts'
import type { PeerId } from '../../shared/ids.ts'
import type { Guard, LineSignal } from './fake-guard.ts'
import { valueOf } from './fake-guard.ts'
import { fakeInvite, fakeMember, otherSwarmView } from './fake-trust.ts'
import { FakeList } from './fake-swarm.ts'

/** The trust of a scripted swarm: what is admitted, revoked and asked for takes effect. */
export class FakeDesk {
  readonly view: FakeList<TrustView>
  invites: InviteView[] = []
  /** Links that were joined with, in order. */
  readonly joined: string[] = []
  /** What hangs on each key. */
  readonly resting = new Map<PeerId, RestingView['words']>()
  /** Whom a revocation or demotion was told to let go with it, in order. */
  readonly dropped: PeerId[] = []
  /** What a revocation could not keep, in words. */
  lost: readonly string[] = []
  /** Called when somebody joins another swarm. */
  onJoin: () => void = () => undefined
  private readonly nowMs: number

  constructor(view: TrustView, nowMs: number) {
    this.view = new FakeList<TrustView>(() => 'trust', [view])
    this.nowMs = nowMs
  }

  get trust(): TrustView {
    const [view] = this.view.all()
    if (view === undefined) throw new Error('a fake desk always has a view')
    return view
  }

  change(change: Partial<TrustView>): TrustView {
    this.view.put({ ...this.trust, ...change })
    return this.trust
  }

  admit(peer: PeerId, roles: TrustView['members'][number]['roles']): TrustView {
    const { members, asks } = this.trust
    const name = asks.find((ask) => ask.peer === peer)?.name ?? null
    const member = fakeMember(0, this.nowMs, { peer, name, roles, reason: `granted ${roles.join(', ')} by lab-laptop` })
    return this.change({
      members: [...members.filter((one) => one.peer !== peer), member],
      asks: asks.filter((ask) => ask.peer !== peer),
    })
  }

  revoke(peer: PeerId, note: string | undefined): TrustView {
    const { members, asks } = this.trust
    const known = members.find((one) => one.peer === peer) ?? fakeMember(0, this.nowMs, { peer, name: null })
    const revoked = {
      ...known,
      standing: 'revoked' as const,
      roles: [],
      reason: `revoked by lab-laptop (root key)${note === undefined ? '' : `: ${note}`}`,
    }
    return this.change({
      members: [...members.filter((one) => one.peer !== peer), revoked],
      asks: asks.filter((ask) => ask.peer !== peer),
    })
  }

  setRoot(keys: readonly PeerId[], threshold: number): TrustView {
    const { root, members } = this.trust
    if (root === null) return this.trust
    const nameOf = (peer: PeerId): string | null => members.find((one) => one.peer === peer)?.name ?? null
    return this.change({
      root: {
        ...root,
        version: root.version + 1,
        threshold,
        keys: keys.map((peer) => ({ peer, name: nameOf(peer) })),
      },
    })
  }
}

export function trustRoutes(guard: Guard, desk: FakeDesk, line: LineSignal) {
  const preview = (link: string) => ({
    swarm: link.includes('same') ? desk.trust.swarm : otherSwarmView,
    role: 'operator' as const,
    bootstrap: ['/ip4/192.168.7.2/tcp/4040'],
    expiresAtMs: Date.now() + 3_600_000,
    current: link.includes('same'),
  })
  return {
    get: guard.trust.get.handler(() => desk.trust),
    watch: guard.trust.watch.handler(({ signal }) => valueOf(desk.view, signal, line())),
    invite: guard.trust.invite.handler(({ input }) => {
      const made = fakeInvite(desk.invites.length + 1, Date.now(), {
        role: input.role ?? null,
        usesLeft: input.uses,
        expiresAtMs: Date.now() + input.validForMs,
      })
      desk.invites.push(made)
      return made
    }),
    invites: guard.trust.invites.handler(() => desk.invites),
    withdrawInvite: guard.trust.withdrawInvite.handler(({ input }) => {
      desk.invites = desk.invites.filter((one) => one.id !== input.id)
    }),
    readInvite: guard.trust.readInvite.handler(({ input, errors }) => {
      if (!input.link.startsWith('dt-swarm://join/')) {
        throw errors.BAD_INVITE({
          message: 'This is no invite: one begins with dt-swarm://join/. Copy the whole link.',
        })
      }
      return preview(input.link)
    }),
    join: guard.trust.join.handler(({ input }) => {
      desk.joined.push(input.link)
      desk.onJoin()
      return preview(input.link)
    }),
    admit: guard.trust.admit.handler(({ input }) => {
      if (input.dropGrants) desk.dropped.push(input.peer)
      return desk.admit(input.peer, input.roles)
    }),
    revoke: guard.trust.revoke.handler(({ input }) => {
      if (input.dropGrants) desk.dropped.push(input.peer)
      return { ...desk.revoke(input.peer, input.note), ...(desk.lost.length === 0 ? {} : { lost: [...desk.lost] }) }
    }),
    resting: guard.trust.resting.handler(({ input }) => {
      const words = desk.resting.get(input.peer) ?? []
      return { total: words.length, words }
    }),
    setRoot: guard.trust.setRoot.handler(({ input }) => desk.setRoot(input.keys, input.threshold)),
    setPolicy: guard.trust.setPolicy.handler(({ input }) =>
      desk.change({
        policies: desk.trust.policies.map((one) =>
          one.bucket === input.bucket
            ? {
                ...one,
                own: input.rule !== null,
                rule:
                  input.rule === null
                    ? 'the built-in rule'
                    : `${input.rule.authors.join(', ')} may author; counts once ${input.rule.endorse.count} of ${input.rule.endorse.roles.join(', ')} endorsed it`,
              }
            : one,
        ),
      }),
    ),
    record: guard.trust.record.handler(() => ({ what: 'a role', state: 'accepted', reason: 'signed by the root' })),
  }
}
