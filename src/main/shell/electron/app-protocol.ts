import { protocol, type Session } from 'electron'
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { answerPicture, type PicturePeer } from './app-pictures.ts'
import { appHost, appScheme, contentSecurityPolicy, isOwnUrl } from './origin.ts'

/** The renderer's own kinds of files; anything else in its folder is not served. */
const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
}

/** Makes `app://` a scheme with an origin. Electron wants this before its `ready` event. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** The file below `folder` that a URL names; null when it names none there, whatever its path looks like. */
export function assetOf(folder: string, url: string): string | null {
  if (!URL.canParse(url)) return null
  const { host, pathname } = new URL(url)
  if (host !== appHost) return null
  let path: string
  try {
    path = decodeURIComponent(pathname)
  } catch {
    return null
  }
  // A backslash separates on Windows, a colon names a drive or a stream there, NUL ends a path in C.
  if (/[\\:\0]/.test(path)) return null
  const root = resolve(folder)
  const file = resolve(join(root, path === '/' ? 'index.html' : path))
  return file.startsWith(root + sep) && extname(file) in mediaTypes ? file : null
}

async function answer(folder: string, request: Request, peer: PicturePeer): Promise<Response> {
  if (request.method !== 'GET') return new Response('only GET is served here', { status: 405, headers })
  if (isOwnUrl(request.url)) {
    const picture = await answerPicture(request.url, request.signal, peer)
    if (picture !== null) return picture
  }
  const file = assetOf(folder, request.url)
  if (file === null) return new Response('no such page', { status: 404, headers })
  try {
    const body = new Uint8Array(await readFile(file))
    return new Response(body, { headers: { ...headers, 'content-type': mediaTypes[extname(file)] ?? '' } })
  } catch {
    return new Response('no such page', { status: 404, headers })
  }
}

/**
 * Serves the renderer's build from `folder` at `app://dt-swarm/`, with its policy on every answer, and the pictures of the
 * peer's files.
 */
export function serveRenderer(session: Session, folder: string, peer: PicturePeer = () => null): void {
  session.protocol.handle(appScheme, (request) => answer(folder, request, peer))
}
