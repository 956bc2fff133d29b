import type { IpcMainInvokeEvent, WebContents } from 'electron'
import { stat } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { fileChannelSchema } from '../../../shared/file-views.ts'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { channels } from './channels.ts'
import type { DesktopPeer } from './desktop-peer.ts'
import { isOwnMainFrame } from './origin.ts'

/** More at once is a mistake: many files come as the folder that they lie in. */
export const mostFiles = 10_000

/** No file system names a longer path. */
const longestPath = 32_767

/** The file channel that a drop is for; null: the whole swarm. */
const channelSchema = fileChannelSchema.shape.name.nullable()

/** Windows whose drops are taken. */
const accepting = new WeakSet<WebContents>()

export interface ShareAnswer {
  readonly accepted: number
  readonly rejected: readonly { readonly name: string; readonly reason: string }[]
}

export interface ShareTarget {
  readonly files: { readonly sharing: Pick<DesktopPeer['files']['sharing'], 'sharePaths'> }
  readonly counters: Counters
  readonly log: Log
}

/** The paths of a drop as the window sent them; null when they are no list of full paths. */
export function parsePaths(data: unknown): readonly string[] | null {
  if (!Array.isArray(data) || data.length > mostFiles) return null
  const fine = data.every(
    (path) => typeof path === 'string' && path.length <= longestPath && isAbsolute(path) && !path.includes('\0'),
  )
  return fine ? (data as string[]) : null
}

async function reasonNotToShare(path: string): Promise<string | null> {
  try {
    const found = await stat(path)
    return found.isFile() || found.isDirectory() ? null : 'is neither a file nor a folder'
  } catch {
    return 'cannot be read: it is gone, or its permissions forbid it'
  }
}

/** Shares files, and folders with all that is in them, and says of the others why not. It never throws: the window gets data. */
export async function shareDropped(
  target: ShareTarget,
  paths: readonly string[],
  channel: string | null = null,
): Promise<ShareAnswer> {
  const rejected: { name: string; reason: string }[] = []
  const good: string[] = []
  for (const path of paths) {
    const reason = await reasonNotToShare(path)
    if (reason === null) good.push(path)
    else rejected.push({ name: basename(path), reason })
  }
  try {
    const transfers = good.length > 0 ? await target.files.sharing.sharePaths(good, { how: 'copy', channel }) : []
    const failed = transfers.filter((transfer) => transfer.state === 'failed')
    for (const { name, error } of failed) rejected.push({ name, reason: error?.message ?? 'could not be shared' })
    return { accepted: good.length - failed.length, rejected }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'could not be shared'
    target.log.warn({ err: error }, 'dropped files could not be shared')
    return { accepted: 0, rejected: [...rejected, ...good.map((path) => ({ name: basename(path), reason }))] }
  }
}

/**
 * Answers the window's `share`: only our page may ask, and only with paths that it was given by a drop or a choice. Asked
 * again for the same window, it goes on with what it was given first. @param now the peer of the moment
 */
export function acceptDrops(contents: WebContents, now: () => ShareTarget): void {
  if (accepting.has(contents)) return
  accepting.add(contents)
  contents.ipc.handle(
    channels.share,
    async (event: IpcMainInvokeEvent, data: unknown, meant: unknown): Promise<ShareAnswer> => {
      const target = now()
      const paths = isOwnMainFrame(event.senderFrame) ? parsePaths(data) : null
      const channel = channelSchema.safeParse(meant ?? null)
      if (paths !== null && channel.success) return shareDropped(target, paths, channel.data)
      target.counters.add('window.refused:share')
      const reason = `up to ${mostFiles} files with full paths can be shared at once`
      return { accepted: 0, rejected: [{ name: 'the drop', reason }] }
    },
  )
}
