import type { InvitePreview } from '../../../shared/trust-views.ts'
import type { LabView } from '../../../shared/lab-view.ts'
import type { InfoView, SystemStatusView } from '../../../shared/views.ts'

/** Starts and stops the simulated robots of this process. */
export interface LabControl {
  status(): LabView
  start(robots: number): Promise<LabView>
  stop(): Promise<LabView>
  /** What a person should know about it, shown with the peer's own. */
  warnings(): SystemStatusView['warnings']
}

/** What a shell (desktop, daemon) can do that a peer cannot: it alone has dialogs, a file manager, child processes. */
export interface ShellActions {
  readonly can: InfoView['can']
  /** Where the web console is served, without its token; null when off. */
  readonly web: () => string | null
  /** A place chosen by a person in a native dialog; null when it was cancelled. Called only where `can.choosePlace`. */
  askSavePlace(name: string): Promise<string | null>
  /** The same of a folder that is to be written to or read from. */
  askFolder(title: string): Promise<string | null>
  /** Called only where `can.openFolder`. */
  showInFolder(path: string): void
  readonly lab: LabControl | null
  /**
   * Leaves the swarm for that of the invite: answers what the link says, and changes a moment later, by a new peer. Called
   * only where `can.join`.
   * @throws SwarmError BAD_INVITE, INVALID_INPUT
   */
  join(link: string): Promise<InvitePreview>
}
