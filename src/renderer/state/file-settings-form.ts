import { fileSettingsSchema, maxWantedCopies, type ArchiveChoice, type FileSettings } from '../../shared/file-views.ts'
import { linesOf } from './lines.ts'

/** Limits as a person writes them: megabytes a second; empty for none. */
export interface RateDraft {
  readonly down: string
  readonly up: string
}

export interface HoursDraft extends RateDraft {
  /** Stays the same while the others come and go. */
  readonly key: string
  /** `08:30`. */
  readonly from: string
  readonly to: string
}

/** What the form of the files holds: sizes as text, patterns one a line. */
export interface FileSettingsDraft {
  readonly store: 'embedded' | 'kubo'
  readonly kuboUrl: string
  readonly ignore: string
  /** Megabytes; empty: any size. */
  readonly maxFileMb: string
  readonly whenDeleted: FileSettings['whenDeleted']
  readonly bandwidth: RateDraft
  readonly hours: readonly HoursDraft[]
  /** Gigabytes; empty: as long as the disk has room. */
  readonly quotaGb: string
  readonly archive: ArchiveChoice['kind']
  /** Of an archive by query: a peer's id, words, a topic; empty for any. */
  readonly archiveOrigin: string
  readonly archiveSearch: string
  readonly archiveTopic: string
  /** How many copies each file should have. */
  readonly copies: string
}

export type FileDraftErrors = Partial<
  Readonly<Record<'kuboUrl' | 'ignore' | 'maxFileMb' | 'quotaGb' | 'bandwidth' | 'archive' | 'copies', string>>
> & {
  /** By the key of the hours. */
  readonly hours: ReadonlyMap<string, string>
}

const mb = 1_000_000
const gb = 1_000_000_000

const usualKuboUrl = 'http://127.0.0.1:5001'

function textOf(value: number | null, unit: number): string {
  return value === null ? '' : String(Number((value / unit).toPrecision(12)))
}

/** `510` as `08:30`. */
function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** Minutes since midnight; null where it is no time of day. 24:00 is the end of the day. */
export function minutesOf(text: string): number | null {
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? []
  if (hours === '') return null
  const total = Number(hours) * 60 + Number(minutes)
  return Number(minutes) > 59 || total > 1_440 ? null : total
}

export function draftOfFiles(files: FileSettings): FileSettingsDraft {
  const { store, ignore, maxFileBytes, whenDeleted, bandwidth, hours, quotaBytes, archive, copies } = files
  const query = archive.kind === 'query' ? archive : null
  const rate = ({ downBytesPerS, upBytesPerS }: FileSettings['bandwidth']): RateDraft => ({
    down: textOf(downBytesPerS, mb),
    up: textOf(upBytesPerS, mb),
  })
  return {
    store: store.kind,
    kuboUrl: store.kind === 'kubo' ? store.url : usualKuboUrl,
    ignore: ignore.join('\n'),
    maxFileMb: textOf(maxFileBytes, mb),
    whenDeleted,
    bandwidth: rate(bandwidth),
    hours: hours.map((one, i) => ({ key: `h${i}`, from: clockOf(one.from), to: clockOf(one.to), ...rate(one) })),
    quotaGb: textOf(quotaBytes, gb),
    archive: archive.kind,
    archiveOrigin: query?.origin ?? '',
    archiveSearch: query?.search ?? '',
    archiveTopic: query?.topic ?? '',
    copies: String(copies),
  }
}

/** A number above zero in bytes; null for an empty text; undefined where it is none. */
function bytesOf(text: string, unit: number): number | null | undefined {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return null
  const value = Number(trimmed)
  return Number.isFinite(value) && value > 0 ? Math.max(1, Math.round(value * unit)) : undefined
}

function rateOf({ down, up }: RateDraft): FileSettings['bandwidth'] {
  return { downBytesPerS: bytesOf(down, mb) ?? null, upBytesPerS: bytesOf(up, mb) ?? null }
}

/** What the form says, as settings; to be used when `checkFiles` has nothing to say. */
export function filesOf(draft: FileSettingsDraft): FileSettings {
  return {
    store: draft.store === 'embedded' ? { kind: 'embedded' } : { kind: 'kubo', url: draft.kuboUrl.trim() },
    ignore: linesOf(draft.ignore),
    maxFileBytes: bytesOf(draft.maxFileMb, mb) ?? null,
    whenDeleted: draft.whenDeleted,
    bandwidth: rateOf(draft.bandwidth),
    hours: draft.hours.map((one) => ({
      from: minutesOf(one.from) ?? 0,
      to: minutesOf(one.to) ?? 0,
      ...rateOf(one),
    })),
    quotaBytes: bytesOf(draft.quotaGb, gb) ?? null,
    archive: archiveOf(draft),
    copies: Number(draft.copies),
  }
}

function archiveOf({ archive, archiveOrigin, archiveSearch, archiveTopic }: FileSettingsDraft): ArchiveChoice {
  if (archive !== 'query') return { kind: archive }
  const given = (text: string): string | null => (text.trim() === '' ? null : text.trim())
  return { kind: 'query', origin: given(archiveOrigin), search: given(archiveSearch), topic: given(archiveTopic) }
}

const noNumber = 'Write a number above 0, or nothing for no limit.'
const urlForm = /^(https?:\/\/[^\s/]+|\/(ip4|ip6|dns|dns4|dns6)\/[^\s/]+\/tcp\/\d+)/

/** One sentence for each field that cannot be saved. */
export function checkFiles(draft: FileSettingsDraft): FileDraftErrors {
  const hours = new Map<string, string>()
  const errors: { -readonly [Key in keyof FileDraftErrors]: FileDraftErrors[Key] } = { hours }
  if (draft.store === 'kubo' && !urlForm.test(draft.kuboUrl.trim())) {
    errors.kuboUrl = `Write the address of Kubo's RPC API, such as ${usualKuboUrl}.`
  }
  const { ignore } = filesOf(draft)
  if (ignore.length > 64) errors.ignore = 'At most 64 patterns.'
  else if (ignore.some((line) => line.length > 256)) errors.ignore = 'A pattern has at most 256 characters.'
  if (bytesOf(draft.maxFileMb, mb) === undefined) errors.maxFileMb = noNumber
  if (bytesOf(draft.quotaGb, gb) === undefined) errors.quotaGb = noNumber
  if (!isRate(draft.bandwidth)) errors.bandwidth = noNumber
  const { archive, copies } = filesOf(draft)
  if (archive.kind === 'query' && archive.origin === null && archive.search === null && archive.topic === null) {
    errors.archive = 'Say what is to be kept: of which robot, by which words or topic.'
  }
  if (!/^\d+$/.test(draft.copies.trim()) || copies < 1 || copies > maxWantedCopies) {
    errors.copies = `Write a whole number from 1 to ${maxWantedCopies}.`
  }
  for (const one of draft.hours) {
    if (minutesOf(one.from) === null || minutesOf(one.to) === null) hours.set(one.key, 'Write times like 08:30.')
    else if (minutesOf(one.from) === minutesOf(one.to)) hours.set(one.key, 'It begins when it ends: choose two times.')
    else if (!isRate(one)) hours.set(one.key, noNumber)
  }
  return errors
}

function isRate({ down, up }: RateDraft): boolean {
  return bytesOf(down, mb) !== undefined && bytesOf(up, mb) !== undefined
}

export function isFine({ hours, ...others }: FileDraftErrors): boolean {
  return hours.size === 0 && Object.values(others).every((one) => one === undefined)
}

/** Nothing would be changed by saving. */
export function sameFiles(draft: FileSettingsDraft, inForce: FileSettings): boolean {
  return JSON.stringify(filesOf(draft)) === JSON.stringify(fileSettingsSchema.parse(inForce))
}
