import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Bridge } from '../bridge/bridge.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'

/** A file on its way from this browser to the peer. Once it is there, the peer's own transfer takes over. */
export interface Upload {
  readonly id: string
  readonly name: string
  readonly sizeBytes: number
  readonly sentBytes: number
  readonly startedAtMs: number
  readonly state: 'waiting' | 'running' | 'failed'
  readonly problem: Problem | null
}

export interface Uploads {
  readonly store: StoreApi<ReadonlyMap<string, Upload>>
  /** Sends files, two at a time; resolves when all have ended. Names what was refused. */
  send(files: readonly File[]): Promise<readonly { readonly name: string; readonly reason: string }[]>
  cancel(id: string): void
  /** Forgets those that failed. */
  clear(): void
}

/** More at once only makes each slower, and a phone's drop of 200 pictures must not open 200 sockets. */
const atOnce = 2

/** Progress events come far faster than a person reads. */
const progressEveryMs = 150

export function createUploads(bridge: Bridge, now: () => number = Date.now): Uploads {
  const store = createStore<ReadonlyMap<string, Upload>>(() => new Map())
  const running = new Map<string, AbortController>()
  let next = 0

  const put = (id: string, change: Partial<Upload>): void => {
    const known = store.getState().get(id)
    if (known !== undefined) store.setState(new Map(store.getState()).set(id, { ...known, ...change }), true)
  }
  const drop = (id: string): void => {
    const map = new Map(store.getState())
    map.delete(id)
    store.setState(map, true)
  }

  const sendOne = async (id: string, file: File, refused: { name: string; reason: string }[]): Promise<void> => {
    const control = running.get(id)
    if (control === undefined || control.signal.aborted) return
    let toldAtMs = 0
    put(id, { state: 'running', startedAtMs: now() })
    try {
      const result = await bridge.shareFiles([file], {
        signal: control.signal,
        onProgress: (sentBytes) => {
          if (now() - toldAtMs < progressEveryMs) return
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
    send: async (files) => {
      if (bridge.kind === 'desktop') return (await bridge.shareFiles(files)).rejected
      const refused: { name: string; reason: string }[] = []
      const queue = files.map((file) => {
        const id = `upload-${next++}`
        running.set(id, new AbortController())
        return { id, file }
      })
      const map = new Map(store.getState())
      for (const { id, file } of queue) {
        const start = { sentBytes: 0, startedAtMs: now(), state: 'waiting', problem: null } as const
        map.set(id, { id, name: file.name, sizeBytes: file.size, ...start })
      }
      store.setState(map, true)
      const worker = async (): Promise<void> => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) await sendOne(job.id, job.file, refused)
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
      return refused
    },
    cancel: (id) => {
      running.get(id)?.abort()
      if (store.getState().get(id)?.state !== 'running') drop(id)
    },
    clear: () => {
      store.setState(new Map([...store.getState()].filter(([, upload]) => upload.state !== 'failed')), true)
    },
  }
}
