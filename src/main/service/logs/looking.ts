import type { LogFormat, LogInfo, LogPreview } from '../../../shared/log-views.ts'
import { openBag } from './bag.ts'
import { loadDecompress } from './decompress.ts'
import { detectFormat } from './detect.ts'
import { problemOf } from './log-problem.ts'
import { openMcap } from './mcap.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, recordingInfo, sentence } from './recording-info.ts'

type Omitted<View> = View extends unknown ? Omit<View, 'readBytes' | 'sizeBytes'> : never
/** A preview, without what had to be read for it. */
export type Look = Omitted<LogPreview>

export interface LookOptions {
  readonly name: string
  readonly mediaType: string
}

/** Enough for every magic number and for a guess whether it is text. */
const headBytes = 4_096

/** What kind of file it is, and what is in it. A file that cannot be read is an answer too; fails only as its source does. */
export async function inspect(source: RangeSource, options: LookOptions): Promise<LogInfo> {
  const format = detectFormat(await headOf(source, headBytes), options)
  try {
    switch (format) {
      case 'rosbag':
        return recordingInfo(await openBag(source, await loadDecompress()))
      case 'mcap':
        return recordingInfo(await openMcap(source, await loadDecompress()))
      case 'text':
      case 'csv':
      case 'image':
      case 'archive':
      case 'other':
        return bareInfo(format)
    }
  } catch (error) {
    return unreadable(format, error)
  }
}

export function unreadable(format: LogFormat, error: unknown): LogInfo {
  return bareInfo(format, { whole: false, problem: sentence(`it cannot be read: ${problemOf(error)}`) })
}
