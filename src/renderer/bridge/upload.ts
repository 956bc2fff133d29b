import type { ShareOptions } from './bridge.ts'
import { checkpointImportSchema, type CheckpointImportView } from '../../shared/checkpoint-views.ts'
import { ProblemError, type Problem } from './problem.ts'
import { sharedName } from './shared-name.ts'

const networkProblem: Problem = {
  code: 'NO_DAEMON',
  message: 'The line to the peer broke during the upload. Check that dt-swarm still runs, then drop the file again.',
}

/** Sends one file to the peer, to be shared. */
export async function uploadFile(file: File, options: ShareOptions = {}): Promise<void> {
  const { channel = null } = options
  const within = channel === null ? '' : `&channel=${encodeURIComponent(channel)}`
  await putFile(`/api/files/upload?name=${encodeURIComponent(sharedName(file))}${within}`, file, options)
}

/** Sends a CAR file to the peer, whose records it takes over; several hundred megabytes are too much for the socket. */
export async function uploadCheckpoint(file: File, options: ShareOptions = {}): Promise<CheckpointImportView> {
  const answer = checkpointImportSchema.safeParse(JSON.parse(await putFile('/api/checkpoints/car', file, options)))
  if (answer.success) return answer.data
  throw new ProblemError({
    code: 'INTERNAL',
    message: 'The peer took the checkpoint and answered what this window cannot read: reload it.',
  })
}

/**
 * Sends one file as a raw body and gives the answer's text. XMLHttpRequest, because fetch cannot report what was sent.
 * Throws a `ProblemError` when the peer refuses or the line breaks; an abort rejects with the signal's reason.
 */
function putFile(path: string, file: File, options: ShareOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const { signal } = options
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    const settle = (act: () => void): void => {
      signal?.removeEventListener('abort', abort)
      act()
    }
    request.open('PUT', path)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.addEventListener('progress', (event) => options.onProgress?.(event.loaded))
    request.addEventListener('load', () =>
      settle(() =>
        request.status < 300 ? resolve(request.responseText) : reject(new ProblemError(refusalOf(request))),
      ),
    )
    request.addEventListener('error', () => settle(() => reject(new ProblemError(networkProblem))))
    request.addEventListener('abort', () => settle(() => reject(signal?.reason ?? new ProblemError(networkProblem))))
    signal?.addEventListener('abort', abort, { once: true })
    request.send(file)
  })
}

function refusalOf(request: XMLHttpRequest): Problem {
  const fallback = { code: 'INTERNAL', message: `The peer refused the file and answered ${request.status}.` }
  try {
    const body: unknown = JSON.parse(request.responseText)
    if (typeof body !== 'object' || body === null) return fallback
    const code = 'code' in body && typeof body.code === 'string' ? body.code : fallback.code
    const message = 'message' in body && typeof body.message === 'string' ? body.message : fallback.message
    return { code, message }
  } catch {
    return fallback
  }
}
