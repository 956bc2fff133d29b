import type { CopyRisk } from '../../../shared/file-views.ts'
import { beginsHash } from '../../../shared/hash-search.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { LogFormat } from '../../../shared/log-views.ts'
import { channelsOfShare } from '../../../shared/share-channels.ts'
import type { ShareView } from '../../../shared/views.ts'

/** Which of the shared files are meant; all that is given must fit. */
export interface FileQuery {
  readonly origin?: PeerId | undefined
  /** In name or robot, whatever the capitals, or the beginning of the CID. */
  readonly search?: string | undefined
  /** A topic of the log, exactly, or all below a name that ends in a slash. */
  readonly topic?: string | undefined
  readonly format?: LogFormat | undefined
  readonly channel?: string | undefined
  /** All below a folder that was shared: `run-17`, or `run-17/cameras`. */
  readonly folder?: string | undefined
  /** At this risk of being lost, or a higher one. */
  readonly risk?: Exclude<CopyRisk, 'none'> | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

/** Whether a shared file is one of those that are meant. */
export function fits(share: ShareView, query: FileQuery): boolean {
  const { origin, topic, format, channel, folder, risk } = query
  if (origin !== undefined && share.origin !== origin) return false
  if (channel !== undefined && !channelsOfShare(share).includes(channel)) return false
  if (format !== undefined && share.log?.format !== format) return false
  if (risk !== undefined && !isAtRisk(share, risk)) return false
  if (folder !== undefined && !isBelow(share.name, folder)) return false
  if (topic !== undefined && !hasTopic(share, topic)) return false
  return isFound(share, query.search) && isWithin(share, query)
}

/** Whether a file is at this risk of being lost, or a higher one. */
export function isAtRisk({ safety }: ShareView, risk: Exclude<CopyRisk, 'none'>): boolean {
  return safety.risk === 'high' || safety.risk === risk
}

/** Whether the name of a shared file lies below a shared folder. */
export function isBelow(name: string, folder: string): boolean {
  return name.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

function isFound(share: ShareView, search: string | undefined): boolean {
  const wanted = search?.trim().toLowerCase() ?? ''
  if (wanted === '') return true
  if (beginsHash(wanted, share.cid)) return true
  return [share.name, share.originName].some((text) => text.toLowerCase().includes(wanted))
}

function hasTopic({ log }: ShareView, topic: string): boolean {
  if (log === null) return false
  return log.topics.some(({ name }) => name === topic || (topic.endsWith('/') && name.startsWith(topic)))
}

/** A recording counts from its first to its last message; any other file at its last change. */
function isWithin({ log, modifiedAtMs }: ShareView, { fromMs, toMs }: FileQuery): boolean {
  const startMs = log?.startMs ?? log?.endMs ?? modifiedAtMs
  const endMs = log?.endMs ?? log?.startMs ?? modifiedAtMs
  return (fromMs === undefined || endMs >= fromMs) && (toMs === undefined || startMs <= toMs)
}
