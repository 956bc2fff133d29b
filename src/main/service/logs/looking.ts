import type { LogFormat, LogInfo, LogPreview } from '../../../shared/log-views.ts'
import { lookAtArchive } from './archive.ts'
import { openBag } from './bag.ts'
import { loadDecompress } from './decompress.ts'
import { detectFormat } from './detect.ts'
import { lookAtImage } from './image.ts'
import type { Frame } from './log-job.ts'
import { EnoughRead, LogProblem, problemOf } from './log-problem.ts'
import { openMcap } from './mcap.ts'
import { frameAt, previewRecording } from './recording-preview.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, recordingInfo, sentence } from './recording-info.ts'
import type { Recording } from './recording.ts'
import { lookAtTable } from './table.ts'
import { lookAtText } from './text.ts'

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
    const recording = await openRecording(source, format)
    // Messages are for a preview: their index tells all that a record says.
    return recording === null ? (await lookAt(source, format, true)).info : recordingInfo(recording)
  } catch (error) {
    return unreadable(format, error)
  }
}

/** A look into a file, from as little of it as its format allows. Fails only as its source does. */
export async function preview(source: RangeSource, options: LookOptions): Promise<Look> {
  const format = detectFormat(await headOf(source, headBytes), options)
  try {
    const recording = await openRecording(source, format)
    return recording === null ? await lookAt(source, format, false) : await previewRecording(recording)
  } catch (error) {
    const info = unreadable(format, error)
    return { kind: 'none', info, why: info.problem ?? '' }
  }
}

/** The picture of a topic of a recording nearest to a time; null when there is none. */
export async function frame(source: RangeSource, topic: string, atMs: number): Promise<Frame | null> {
  const format = detectFormat(await headOf(source, headBytes), { name: '', mediaType: '' })
  try {
    const recording = await openRecording(source, format)
    return recording === null ? null : await frameAt(recording, topic, atMs)
  } catch (error) {
    if (error instanceof LogProblem || error instanceof EnoughRead) return null
    throw error
  }
}

async function openRecording(source: RangeSource, format: LogFormat): Promise<Recording | null> {
  if (format === 'rosbag') return openBag(source, await loadDecompress())
  return format === 'mcap' ? openMcap(source, await loadDecompress()) : null
}

/** @param all it lies on this disk: lines are counted rather than guessed */
async function lookAt(source: RangeSource, format: LogFormat, all: boolean): Promise<Look> {
  switch (format) {
    case 'text':
      return lookAtText(source, all)
    case 'csv':
      return lookAtTable(source, all)
    case 'image':
      return lookAtImage(source)
    case 'archive':
      return lookAtArchive(source)
    case 'rosbag':
    case 'mcap':
    case 'other':
      return { kind: 'none', info: bareInfo('other'), why: 'No preview is made of files of this kind.' }
  }
}

function unreadable(format: LogFormat, error: unknown): LogInfo {
  return bareInfo(format, { whole: false, problem: sentence(`it cannot be read: ${problemOf(error)}`) })
}
