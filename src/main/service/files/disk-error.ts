import { SwarmError } from '../../../shared/errors.ts'

/** The system's code of an error (`ENOSPC`), also when a library put the error into another as its cause or text. */
export function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^E[A-Z]+$/.test(at.code)) return at.code
  }
  return undefined
}

/** A file system has no hard links: FAT, some network drives; on Windows exFAT says so with EISDIR (nodejs/node#65817). */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'])

/** Whether a link could not be made because there are none on that file system. */
export function hasNoLinks(error: unknown): boolean {
  return noLinkCodes.has(systemCode(error) ?? '')
}

/** Turns what the file system said into an error that names the thing and the remedy. Others stay as they are. */
export function diskError(error: unknown, doing: string): unknown {
  if (error instanceof SwarmError) return error
  const code = systemCode(error)
  const options = { cause: error, detail: { system: code ?? '' } }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SwarmError('DISK_FULL', `The disk is full: ${doing} stopped. Free some space and try again.`, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SwarmError(
        'PERMISSION_DENIED',
        `No permission: ${doing} stopped. Check who owns the folder and its mode.`,
        options,
      )
    case 'ENOENT':
    case 'ENOTDIR':
      return new SwarmError('NOT_FOUND', `A file or folder is gone: ${doing} stopped.`, options)
    case 'EEXIST':
      return new SwarmError(
        'PERMISSION_DENIED',
        `A file is where a folder should be: ${doing} stopped. Move the file away, or choose another folder in Settings.`,
        options,
      )
    case undefined:
    default:
      return error
  }
}
