import { stat } from 'node:fs/promises'
import { isAbort, SwarmError } from '../../../shared/errors.ts'
import type { Clock } from '../../base/clock.ts'
import { diskError } from './disk-error.ts'
import type { FileWish, SharedFile } from './file-wish.ts'

/** A file that was written to while it was read is read again after this, then twice that, and so on. */
const firstWaitMs = 1_000
const maxWaitMs = 60_000
/** Some seven minutes of waiting in all: a log that is still being recorded after that is to be shared later. */
const maxTries = 12

/** Shares a file that a person chose; one that changes meanwhile is tried again when it has been still for a while. */
export async function patiently(
  wish: FileWish,
  options: {
    readonly clock: Clock
    readonly signal: AbortSignal
    /** It changed, and what was read of it does not count. */
    readonly again: () => void
    readonly share: (wish: FileWish) => Promise<SharedFile>
  },
): Promise<SharedFile> {
  const { clock, signal, again, share } = options
  let now = wish
  for (let tries = 1; ; tries += 1) {
    try {
      return await share(now)
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== 'FILE_CHANGED' || isAbort(error)) throw error
      if (tries >= maxTries) throw error
      again()
    }
    await clock.sleep(Math.min(maxWaitMs, firstWaitMs * 2 ** (tries - 1)), { signal })
    const { size: sizeBytes, mtimeMs } = await stat(now.file.path).catch((error: unknown) => {
      throw diskError(error, `sharing ${now.file.name}`)
    })
    now = { ...now, file: { ...now.file, sizeBytes, mtimeMs } }
  }
}
