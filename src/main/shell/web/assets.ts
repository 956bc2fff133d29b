import mime from 'mime'
import { createReadStream, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** Where the built window lies: `out/renderer`, seen from the source or from `out/main`. */
export function rendererDir(here = import.meta.url): string {
  const up = here.endsWith('.ts')
    ? '../../../../out/renderer'
    : here.includes('/chunks/')
      ? '../../renderer'
      : '../renderer'
  return fileURLToPath(new URL(up, here))
}

const notBuilt = `<!doctype html><meta charset="utf-8"><title>dt-swarm</title>
<h1>The interface is not built</h1><p>The peer runs, and so does its API. In its folder run <code>npm run build</code>, then load this page again.</p>`

/** Sends a file of the built window. Nothing outside `root` can be named, whatever the path says. */
export async function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  root: string,
): Promise<void> {
  const file = fileBelow(root, path === '/' ? '/index.html' : path)
  const size = file === null ? null : sizeOf(file)
  if (file === null || size === null) {
    const page = path === '/' && sizeOf(resolve(root, 'index.html')) === null
    response.writeHead(page ? 503 : 404, {
      'content-type': page ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    })
    response.end(request.method === 'HEAD' ? undefined : page ? notBuilt : 'there is nothing here\n')
    return
  }
  const type = mime.getType(file) ?? 'application/octet-stream'
  response.writeHead(200, {
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'content-length': size,
    // Names below assets/ carry a hash of what is in them; all else may be another file after the next build.
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(file), response)
}

function fileBelow(root: string, path: string): string | null {
  let name: string
  try {
    name = decodeURIComponent(path)
  } catch {
    return null
  }
  if (name.includes('\0') || name.includes('\\')) return null
  const file = resolve(root, `.${name}`)
  return file.startsWith(root.endsWith(sep) ? root : root + sep) ? file : null
}

function sizeOf(file: string): number | null {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat?.isFile() === true ? stat.size : null
}
