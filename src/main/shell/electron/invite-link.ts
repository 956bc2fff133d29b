import { app } from 'electron'
import { invitePrefix } from '../../model/invite.ts'

/** What a clicked or scanned invite begins with. */
const scheme = 'dt-swarm'
/** Ours are far shorter; what is longer is no link of ours, and an address of our page has to hold it. */
const longestLink = 4_096

/** The invite among the arguments with which the system starts the app when a person clicks one; null: there is none. */
export function clickedLink(args: readonly string[]): string | null {
  // That of `--join` is no click: it is where a home without a swarm begins.
  return args.find((arg, i) => isInviteLink(arg) && args[i - 1] !== '--join') ?? null
}

export function isInviteLink(text: string): boolean {
  return text.startsWith(invitePrefix) && text.length <= longestLink
}

/** The part of our page's address that makes it show the invite and ask: a click alone joins nothing. */
export function joinQuery(link: string): string {
  return `?join=${encodeURIComponent(link)}`
}

/**
 * Makes the installed app the one that opens invites. On Linux its desktop entry says so; what runs from a checkout takes
 * nothing over.
 */
export function openInvitesWithThisApp(platform: NodeJS.Platform): void {
  if (!app.isPackaged || platform === 'linux') return
  // On Windows the link becomes an argument: what follows "--" can be no option, whatever a page has put into it.
  if (platform === 'win32') app.setAsDefaultProtocolClient(scheme, process.execPath, ['--'])
  else app.setAsDefaultProtocolClient(scheme)
}
