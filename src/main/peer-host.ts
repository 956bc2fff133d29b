import { SwarmError } from '../shared/errors.ts'
import type { PeerId } from '../shared/ids.ts'
import type { InvitePreview } from '../shared/trust-views.ts'
import type { InfoView, Settings, SystemStatusView } from '../shared/views.ts'
import { systemClock, type Clock } from './base/clock.ts'
import type { Startable } from './base/lifecycle.ts'
import type { Log } from './base/log.ts'
import type { Invite } from './model/invite.ts'
import { readLink, swarmOfInvite } from './service/trust/join-swarm.ts'
import { changeSwarm, type SwarmChange } from './store/swarm-change.ts'
import type { SwarmFile } from './store/swarm-file.ts'

/** What is needed of a peer to let it join another swarm. Every Peer is one. */
export interface HostedPeer extends Startable {
  readonly peerId: PeerId
  readonly clock: Clock
  readonly trust: { readInvite(link: string): InvitePreview }
  readonly settings: { get(): Settings }
  info(): Pick<InfoView, 'home' | 'standing' | 'swarm'>
}

export interface PeerHostDeps<Hosted extends HostedPeer> {
  readonly log: Log
  readonly clock?: Clock
  /** Makes the next peer of the same home, not started. @param notes what it is to warn of */
  create(notes: SystemStatusView['warnings']): Promise<Hosted>
  /** The peer is about to stop: whoever leans on it lets go. */
  leaving(): Promise<void>
  /** Another peer is up; also the old swarm's again, when the new one could not be joined. */
  changed(peer: Hosted): Promise<void>
  /** Neither the new swarm's peer nor the old one's came up. Nothing runs any more. */
  lost(error: unknown): void
}

/** Time for the answer to "join" to leave before the line it came by is cut. */
const answerMs = 200

/**
 * Keeps the peer of a home, and lets it join another swarm while the program runs: a peer belongs to one swarm for its life,
 * so the old one is stopped, the home is moved over, and a new one is started. If that fails, the home goes back to the old
 * swarm, and its peer says why.
 */
export class PeerHost<Hosted extends HostedPeer> implements Startable {
  readonly #deps: PeerHostDeps<Hosted>
  readonly #clock: Clock
  #peer: Hosted
  #changing: Promise<void> | null = null
  readonly #stop = new AbortController()

  /** @param first the peer to begin with, not started */
  constructor(deps: PeerHostDeps<Hosted>, first: Hosted) {
    this.#deps = deps
    this.#clock = deps.clock ?? systemClock
    this.#peer = first
  }

  /** The peer of now. While a swarm is changed: the one that stops. */
  get peer(): Hosted {
    return this.#peer
  }

  async start(): Promise<void> {
    await this.#peer.start()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#changing
    await this.#peer.stop()
  }

  /**
   * Tells what the invite says, and joins its swarm a moment later. A member of that swarm already stays as it is.
   * @throws SwarmError BAD_INVITE, LIMIT_REACHED while another invite is being followed
   */
  async join(link: string): Promise<InvitePreview> {
    const preview = this.#peer.trust.readInvite(link)
    if (this.#changing !== null || this.#stop.signal.aborted) {
      throw new SwarmError('LIMIT_REACHED', 'This peer is joining another swarm already, or stopping: try again later.')
    }
    const { standing, swarm } = this.#peer.info()
    const isIn =
      preview.current && (standing === 'root' || standing === 'member') && swarm.private === preview.swarm.private
    if (isIn) return preview
    this.#changing = this.#change(link)
      .catch((error: unknown) => {
        this.#deps.log.fatal({ err: error }, 'joining another swarm failed, and so did going back')
        this.#deps.lost(error)
      })
      .finally(() => (this.#changing = null))
    return preview
  }

  async #change(link: string): Promise<void> {
    const { log } = this.#deps
    try {
      await this.#clock.sleep(answerMs, this.#stop)
    } catch {
      // Stopped before it began.
      return
    }
    const before = this.#peer
    const { home, swarm } = before.info()
    let invite: Invite
    let next: SwarmFile
    try {
      const nowMs = before.clock.now()
      invite = readLink(link, nowMs)
      next = swarmOfInvite(invite, { peerId: before.peerId, role: before.settings.get().role, nowMs })
    } catch (err) {
      // It ended while it was answered. Nothing was stopped: the peer goes on.
      log.warn({ err }, 'another swarm could not be joined; this peer stays as it is')
      return
    }
    // What fails to let go or to stop is as good as stopped, or the home is still locked, which is seen next.
    await this.#deps
      .leaving()
      .catch((err: unknown) => log.error({ err }, 'what leans on the peer did not let go of it'))
    await before.stop().catch((err: unknown) => log.error({ err }, 'the peer did not stop cleanly'))
    let change: SwarmChange | null = null
    try {
      change = changeSwarm(home, next, { clock: before.clock, log })
      this.#peer = await this.#begin([])
      log.info({ from: swarm.name, to: invite.name }, 'another swarm was joined')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.error({ err: error, to: invite.name }, 'another swarm could not be joined; going back')
      change?.undo()
      const message = `The swarm "${invite.name}" could not be joined: ${why} This peer is back in "${swarm.name}".`
      this.#peer = await this.#begin([{ code: 'JOIN_FAILED', message }])
    }
    await this.#deps.changed(this.#peer)
  }

  async #begin(notes: SystemStatusView['warnings']): Promise<Hosted> {
    const peer = await this.#deps.create(notes)
    try {
      await peer.start()
      return peer
    } catch (error) {
      await peer.stop().catch((err: unknown) => this.#deps.log.error({ err }, 'a peer that did not start did not stop'))
      throw error
    }
  }
}
