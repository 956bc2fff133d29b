import type { PeerId } from '../../../shared/ids.ts'
import type { InvitePreview } from '../../../shared/trust-views.ts'
import type { Settings, SystemStatusView, TransferView } from '../../../shared/views.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { LabParent } from '../../lab/lab-admission.ts'
import type { PeerHostDeps } from '../../peer-host.ts'
import type { KeyProtector } from '../../store/identity-store.ts'
import type { ApiFiles, ApiPeer } from '../api/api-peer.ts'
import type { LabControl, ShellActions } from '../api/shell-actions.ts'

/** What the desktop needs of a peer, besides serving its API and changing its swarm. Every Peer is one. */
export interface DesktopPeer extends ApiPeer, Startable {
  readonly membership: ApiPeer['membership'] & {
    readonly events: EventSource<{ 'machine:joined': { readonly peer: PeerId } }>
  }
  readonly files: ApiFiles & {
    readonly events: EventSource<{ 'fetch:finished': TransferView }>
  }
  readonly trust: ApiPeer['trust'] & LabParent['trust']
  readonly settings: ApiPeer['settings'] & { readonly events: EventSource<{ 'settings:changed': Settings }> }
}

export interface DesktopPeerOptions {
  readonly home: string
  readonly version: string
  readonly log: Log
  readonly settings: Partial<Settings>
  readonly protector?: KeyProtector
  /** An invite: where a home without a swarm begins. */
  readonly join?: string
  readonly notes?: SystemStatusView['warnings']
}

/** Keeps the one peer of the home, which is another one after it has joined another swarm. */
export interface DesktopHost extends Startable {
  readonly peer: DesktopPeer
  join(link: string): Promise<InvitePreview>
}

/** The same app served to a browser. */
export interface DesktopWeb {
  readonly url: string | null
  /** Null: none for a while. */
  setPeer(peer: DesktopPeer | null): void
  stop(): Promise<void>
}

/** The peer and its company; loaded after the window, so that a person sees something first. */
export interface DesktopParts {
  createPeer(options: DesktopPeerOptions): Promise<DesktopPeer>
  createHost(deps: PeerHostDeps<DesktopPeer>, first: DesktopPeer): DesktopHost
  createLab(host: DesktopHost): LabControl
  /** Resolves once it listens. */
  startWeb(peer: DesktopPeer, shell: ShellActions, at: string): Promise<DesktopWeb>
}
