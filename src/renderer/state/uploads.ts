import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Bridge } from '../bridge/bridge.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'
import { sharedName } from '../bridge/shared-name.ts'

/** A file on its way from this browser to the peer. Once it is there, the peer's own transfer takes over. */
export interface Upload {
  readonly id: string
  readonly name: string
  readonly sizeBytes: number
  readonly sentBytes: number
  readonly startedAtMs: number
  readonly state: 'waiting' | 'running' | 'failed'
  readonly problem: Problem | null
  /** The drop of a folder or of many that it is part of; null: one by itself. */
  readonly batch: UploadBatch | null
}

/** Files of one drop, also those that have arrived already. */
export interface UploadBatch {
  readonly id: string
  readonly name: string
  readonly files: number
  readonly sizeBytes: number
}

export interface Uploads {
  readonly store: StoreApi<ReadonlyMap<string, Upload>>
  /** Sends files, a few at a time; resolves when all have ended. Names what was refused. */
  send(
    files: readonly File[],
    channel?: string | null,
  ): Promise<readonly { readonly name: string; readonly reason: string }[]>
  cancel(id: string): void
  /** Cancels all that is left of a drop. */
  cancelBatch(id: string): void
  /** Forgets those that failed. */
  clear(): void
}

/** More at once only makes each slower, and a phone's drop of 200 pictures must not open 200 sockets. */
const atOnce = 2

/** Small files are mostly waiting for their answers; the peer takes eight at once, of all windows together. */
const atOnceOfMany = 4
const manyFiles = 50

/** Progress events come far faster than a person reads, and a dropped folder has thousands of them. */
const tellEveryMs = 150

/** So many are told of at once: a change of a few costs nothing. */
const fewUploads = 50

export function createUploads(bridge: Bridge, now: () => number = Date.now): Uploads {
  const store = createStore<ReadonlyMap<string, Upload>>(() => new Map())
  const known = new Map<string, Upload>()
  const running = new Map<string, AbortController>()
  let next = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = (): void => {
    clearTimeout(timer)
    timer = undefined
    store.setState(new Map(known), true)
  }
  /** A map of thousands is not copied for each of them. */
  const tellSoon = (): void => {
    if (known.size <= fewUploads) tell()
    else timer ??= setTimeout(tell, tellEveryMs)
  }
  const put = (id: string, change: Partial<Upload>): void => {
    const upload = known.get(id)
    if (upload === undefined) return
    known.set(id, { ...upload, ...change })
    tellSoon()
  }
  const drop = (id: string): void => {
    if (known.delete(id)) tellSoon()
  }
  const cancel = (id: string): void => {
    running.get(id)?.abort()
    if (known.get(id)?.state !== 'running') drop(id)
  }

  const sendOne = async (
    id: string,
    file: File,
    channel: string | null,
    refused: { name: string; reason: string }[],
  ): Promise<void> => {
    const control = running.get(id)
    if (control === undefined || control.signal.aborted) return
    let toldAtMs = 0
    put(id, { state: 'running', startedAtMs: now() })
    try {
      const result = await bridge.shareFiles([file], {
        channel,
        signal: control.signal,
        onProgress: (sentBytes) => {
          if (now() - toldAtMs < tellEveryMs) return
          toldAtMs = now()
          put(id, { sentBytes })
        },
      })
      const rejected = result.rejected[0]
      if (rejected === undefined) drop(id)
      else {
        refused.push(rejected)
        put(id, { state: 'failed', problem: { code: 'INVALID_INPUT', message: rejected.reason } })
      }
    } catch (error) {
      if (control.signal.aborted) drop(id)
      else put(id, { state: 'failed', problem: problemOf(error) })
    } finally {
      running.delete(id)
    }
  }

  return {
    store,
    send: async (files, channel = null) => {
      if (bridge.kind === 'desktop') return (await bridge.shareFiles(files, { channel })).rejected
      const refused: { name: string; reason: string }[] = []
      const batch = batchOf(files, `drop-${next}`)
      const queue = files.map((file) => {
        const id = `upload-${next++}`
        running.set(id, new AbortController())
        return { id, file }
      })
      for (const { id, file } of queue) {
        const start = { sentBytes: 0, startedAtMs: now(), state: 'waiting', problem: null, batch } as const
        known.set(id, { id, name: sharedName(file), sizeBytes: file.size, ...start })
      }
      tell()
      let at = 0
      const worker = async (): Promise<void> => {
        for (let job = queue[at++]; job !== undefined; job = queue[at++])
          await sendOne(job.id, job.file, channel, refused)
      }
      await Promise.all(Array.from({ length: files.length > manyFiles ? atOnceOfMany : atOnce }, worker))
      return refused
    },
    cancel,
    cancelBatch: (id) => {
      for (const upload of known.values()) if (upload.batch?.id === id) cancel(upload.id)
    },
    clear: () => {
      for (const upload of known.values()) if (upload.state === 'failed') known.delete(upload.id)
      tell()
    },
  }
}

/** A folder, or several files at once: what they are called in all. */
function batchOf(files: readonly File[], id: string): UploadBatch | null {
  if (files.length < 2) return null
  const folders = new Set(files.map((file) => /^[^/]+(?=\/)/.exec(sharedName(file))?.[0] ?? null))
  const [folder = null] = folders
  const name = folders.size === 1 && folder !== null ? folder : `${files.length} files`
  return { id, name, files: files.length, sizeBytes: files.reduce((sum, file) => sum + file.size, 0) }
}
