import type { PeerId } from '../../../shared/ids.ts'
import type { Settings, TransferView } from '../../../shared/views.ts'
import type { EventSource } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import type { KeyProtector } from '../../store/identity-store.ts'
import type { ApiFiles, ApiPeer } from '../api/api-peer.ts'
import type { LabControl, ShellActions } from '../api/shell-actions.ts'

/** What the desktop needs of a peer, besides serving its API. Every Peer is one. */
export interface DesktopPeer extends ApiPeer, Startable {
  readonly membership: ApiPeer['membership'] & {
    readonly events: EventSource<{ 'machine:joined': { readonly peer: PeerId } }>
  }
  readonly files: ApiFiles & {
    readonly events: EventSource<{ 'fetch:finished': TransferView }>
    sharePaths(paths: readonly string[]): Promise<readonly TransferView[]>
  }
  readonly settings: ApiPeer['settings'] & { readonly events: EventSource<{ 'settings:changed': Settings }> }
}

export interface DesktopPeerOptions {
  readonly home: string
  readonly version: string
  readonly log: Log
  readonly settings: Partial<Settings>
  readonly protector?: KeyProtector
}

/** The peer and its company; loaded after the window, so that a person sees something first. */
export interface DesktopParts {
  createPeer(options: DesktopPeerOptions): Promise<DesktopPeer>
  createLab(peer: DesktopPeer): LabControl
  /** Serves the same app to a browser; resolves once it listens. */
  startWeb(
    peer: DesktopPeer,
    shell: ShellActions,
    at: string,
  ): Promise<{ readonly url: string | null; stop(): Promise<void> }>
}
