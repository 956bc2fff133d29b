import type { IpcMainInvokeEvent, WebContents } from 'electron'
import { createReadStream } from 'node:fs'
import type { CheckpointImportView } from '../../../shared/checkpoint-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { channels } from './channels.ts'
import { isOwnMainFrame } from './origin.ts'
import { parsePaths } from './share-drop.ts'

/** Windows whose files are taken. */
const accepting = new WeakSet<WebContents>()

export interface ImportTarget {
  readonly checkpoints: Pick<ApiPeer['checkpoints'], 'importFile'>
  readonly counters: Counters
  readonly log: Log
}

/** Errors lose their code on the way to the window: both ends are data. */
export type ImportAnswer =
  | { readonly result: CheckpointImportView }
  | { readonly problem: { readonly code: string; readonly message: string } }

/** Takes over the records of a CAR file on this machine. It never throws: the window gets data. */
export async function importDropped(target: ImportTarget, path: string): Promise<ImportAnswer> {
  try {
    return { result: await target.checkpoints.importFile(createReadStream(path)) }
  } catch (error) {
    if (error instanceof SwarmError) return { problem: { code: error.code, message: error.message } }
    target.log.warn({ err: error }, 'a dropped checkpoint could not be taken over')
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { problem: { code: 'NOT_FOUND', message: 'The file is not there any more: drop it again.' } }
    }
    const message = 'The file cannot be read: its permissions forbid it, or its disk does not answer.'
    return { problem: { code: 'PERMISSION_DENIED', message } }
  }
}

/**
 * Answers the window's `importCheckpoint`: only our page may ask, and only with a path that it was given by a drop or a
 * choice. A checkpoint is far larger than what the port carries, so it is read here. @param now the peer of the moment
 */
export function acceptCheckpoints(contents: WebContents, now: () => ImportTarget): void {
  if (accepting.has(contents)) return
  accepting.add(contents)
  contents.ipc.handle(channels.checkpoint, async (event: IpcMainInvokeEvent, data: unknown): Promise<ImportAnswer> => {
    const target = now()
    const [path] = (isOwnMainFrame(event.senderFrame) ? parsePaths([data]) : null) ?? []
    if (path !== undefined) return importDropped(target, path)
    target.counters.add('window.refused:checkpoint')
    return { problem: { code: 'INVALID_INPUT', message: 'A checkpoint is taken over from one file with a full path.' } }
  })
}
