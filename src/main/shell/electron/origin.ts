/**
 * The one origin that our window may show. An own scheme rather than file://, so that the renderer has a real origin,
 * `'self'` means something in its policy, and nothing else on the disk can be named.
 */
export const appScheme = 'app'
export const appHost = 'dt-swarm'
export const appOrigin = `${appScheme}://${appHost}`

/**
 * What the renderer may load: its own files, nothing from the network. Styles may be inline because Mantine and
 * recharts position with style attributes. `connect-src` has no ws: the window speaks over its port alone.
 */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Whether a URL lies in our own origin. Anything that does not parse does not. */
export function isOwnUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  // `URL.origin` is "null" for schemes that the URL standard does not know.
  const { protocol, host } = new URL(url)
  return protocol === `${appScheme}:` && host === appHost
}

/** The part of Electron's WebFrameMain by which a sender is judged. */
export interface SenderFrame {
  readonly parent: unknown
  readonly url: string
  readonly origin: string
}

/** True for the main frame of a page of ours, and for nothing else: no subframe, no other page, no frame that is gone. */
export function isOwnMainFrame(frame: SenderFrame | null): frame is SenderFrame {
  return frame !== null && frame.parent === null && frame.origin === appOrigin && isOwnUrl(frame.url)
}

/** Sites that a link in the app may open in the person's browser. Subdomains count. */
const externalHosts = ['duckietown.com', 'duckietown.org', 'github.com', 'ipfs.tech', 'libp2p.io', 'mcap.dev']

/** Whether a link may leave the app: https, a site of the list, no credentials, the usual port. */
export function isAllowedExternal(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, port, username, password } = new URL(url)
  if (protocol !== 'https:' || port !== '' || username !== '' || password !== '') return false
  return externalHosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))
}
