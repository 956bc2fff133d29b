import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { chmodSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SwarmError } from '../../../shared/errors.ts'

/** 32 random bytes in base64url. */
const tokenForm = /^[\w-]{43}$/

/** Where the token of a peer's web console lies. */
export function tokenFile(home: string): string {
  return join(home, 'web-token')
}

/** The token in a home, or null when there is none yet. */
export function readToken(home: string): string | null {
  try {
    const token = readFileSync(tokenFile(home), 'utf8').trim()
    return tokenForm.test(token) ? token : null
  } catch {
    return null
  }
}

/**
 * The token of the web console, made at the first call and the same ever after, so that bookmarks and scripts survive
 * a restart. Kept with mode 0600; a file that holds something else is replaced.
 * @throws SwarmError PERMISSION_DENIED when it cannot be kept
 */
export function ensureToken(home: string): string {
  const file = tokenFile(home)
  try {
    const kept = readToken(home)
    if (kept !== null) {
      chmodSync(file, 0o600)
      return kept
    }
    const token = randomBytes(32).toString('base64url')
    const part = `${file}.${randomUUID()}.tmp`
    writeFileSync(part, `${token}\n`, { mode: 0o600, flag: 'wx' })
    try {
      linkSync(part, file)
    } catch {
      // Something is there that is no token, or the file system has no links: take its place.
      writeFileSync(file, `${token}\n`, { mode: 0o600 })
      chmodSync(file, 0o600)
    } finally {
      unlinkSync(part)
    }
    return token
  } catch (cause) {
    throw new SwarmError('PERMISSION_DENIED', `the web token ${file} cannot be written: check who owns that folder`, {
      cause,
    })
  }
}

/** Compares two secrets in a time that tells nothing about where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

/** What the browser's cookie holds: it proves that the token was shown, but is not the token. */
export function cookieValue(token: string): string {
  return digest(`dt-swarm/cookie/1:${token}`).toString('base64url')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
