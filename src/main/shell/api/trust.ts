import type { PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { TrustView } from '../../../shared/trust-views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions, whenChanged } from './live-call.ts'
import { live } from './live.ts'
import type { ShellActions } from './shell-actions.ts'

export function trustRouter(os: Builder, peer: ApiPeer, shell: ShellActions) {
  const { trust } = peer
  return {
    get: os.trust.get.handler(() => trust.view()),
    watch: os.trust.watch.handler((call) => {
      const names = new Names(peer)
      const changed = whenChanged(() => trust.view())
      return live<TrustView>(
        {
          subscribe: (wake) => {
            const undo = [
              trust.events.on('view:changed', wake),
              peer.membership.events.on('machines:changed', ({ peers }) => {
                if (peers.filter((one) => names.differ(one)).length > 0) wake()
              }),
            ]
            return () => undo.forEach((one) => one())
          },
          first: changed,
          next: changed,
        },
        liveOptions(call, peer),
      )
    }),
    invite: os.trust.invite.handler(({ input: { role, uses, validForMs } }) =>
      trust.invite({ role: role ?? null, uses, validForMs }),
    ),
    invites: os.trust.invites.handler(() => [...trust.invites()]),
    withdrawInvite: os.trust.withdrawInvite.handler(({ input }) => trust.withdrawInvite(input.id)),
    readInvite: os.trust.readInvite.handler(({ input }) => trust.readInvite(input.link)),
    join: os.trust.join.handler(async ({ input }) => {
      if (shell.can.join) return shell.join(input.link)
      throw new SwarmError(
        'UNSUPPORTED',
        'this peer cannot change its swarm while it runs: stop it, and run "dt-swarm join LINK"',
      )
    }),
    admit: os.trust.admit.handler(({ input }) => trust.admit(input.peer, input.roles, input)),
    revoke: os.trust.revoke.handler(({ input }) => trust.revoke(input.peer, input.note ?? null, input)),
    resting: os.trust.resting.handler(({ input }) => trust.resting(input.peer)),
    setRoot: os.trust.setRoot.handler(({ input }) => trust.setRoot(input)),
    setPolicy: os.trust.setPolicy.handler(({ input }) => trust.setPolicy(input.bucket, input.rule)),
    record: os.trust.record.handler(({ input }) => trust.describe(input.id)),
  }
}

/** Machines tell of themselves all the time; only another name matters here. At most one entry a machine. */
class Names {
  readonly #peer: Pick<ApiPeer, 'membership'>
  readonly #known = new Map<PeerId, string>()

  constructor(peer: Pick<ApiPeer, 'membership'>) {
    this.#peer = peer
  }

  differ(id: PeerId): boolean {
    const name = this.#peer.membership.get(id)?.name
    if (name === undefined) return this.#known.delete(id)
    if (this.#known.get(id) === name) return false
    this.#known.set(id, name)
    return true
  }
}
