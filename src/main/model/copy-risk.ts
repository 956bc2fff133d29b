import type { CopyRisk, CopySafety } from '../../shared/file-views.ts'
import type { MachineStatus, Role } from '../../shared/views.ts'

/** What is known of one who holds a file. */
export interface Keeper {
  readonly name: string
  readonly status: MachineStatus
  /** Since it was last heard, ms; null: never heard itself. Of no meaning while it is alive. */
  readonly silentMs: number | null
  readonly role: Role | null
  /** It keeps what others share, by its owner's wish; or it is a pinning service that says it has the file. */
  readonly archive: boolean
  /** As it last said itself; null: it has none, or does not say. */
  readonly batteryPercent: number | null
  readonly charging: boolean
  readonly diskPercent: number | null
}

/** How far one holder can be relied on; `words` are put behind its name, empty for one that nothing is wrong with. */
export interface KeeperJudgement {
  readonly standing: 'safe' | 'well' | 'quiet' | 'weak' | 'lost'
  readonly words: string
}

/** Below this a Duckiebot has some ten minutes left, and an SD card that loses power may lose more than that. */
export const lowBatteryPercent = 20
/** From here on recorders of robots remove their oldest logs, or fail. */
export const fullDiskPercent = 95
/** Shorter silences are restarts, walks between two rooms, and lunch. */
export const longSilenceMs = 60 * 60_000

/**
 * What each is worth. Three are enough: two machines that are well, one that is well and one that is not, or a single one
 * that is there to keep. One point alone is a file in danger. Points only add up, so one more copy never makes it worse.
 */
const points: Readonly<Record<KeeperJudgement['standing'], number>> = { safe: 4, well: 2, quiet: 2, weak: 1, lost: 0 }

/** Names in a sentence; the others are counted. */
const maxNamed = 3

export function judgeKeeper(keeper: Keeper): KeeperJudgement {
  const { status, silentMs, role, archive, batteryPercent, charging, diskPercent } = keeper
  const isUp = status === 'alive' || status === 'suspect'
  if (!isUp) {
    if (silentMs === null) return { standing: 'lost', words: 'which was never heard itself' }
    const words = `which has been silent for ${span(silentMs)}`
    return { standing: silentMs >= longSilenceMs ? 'lost' : 'quiet', words }
  }
  if (archive) return { standing: 'safe', words: 'which keeps an archive' }
  if (batteryPercent !== null && batteryPercent <= lowBatteryPercent && !charging) {
    return { standing: 'weak', words: `battery ${Math.round(batteryPercent)} %` }
  }
  // Only robots run out of room without anybody who looks: a full laptop or server still has what it has.
  if (role === 'robot' && diskPercent !== null && diskPercent >= fullDiskPercent) {
    return { standing: 'weak', words: `disk ${Math.floor(diskPercent)} % full` }
  }
  return { standing: 'well', words: '' }
}

/** How safe a file is with those who hold it. The order in which they are told does not matter. */
export function copyRisk(
  keepers: readonly Keeper[],
  judged: readonly KeeperJudgement[] = keepers.map(judgeKeeper),
): CopySafety {
  const total = judged.reduce((sum, { standing }) => sum + points[standing], 0)
  const risk: CopyRisk = total >= 3 ? 'none' : total === 2 ? 'low' : 'high'
  const alive = judged.filter(({ standing }) => standing === 'safe' || standing === 'well' || standing === 'weak')
  return { copies: keepers.length, aliveCopies: alive.length, risk, why: why(keepers, judged) }
}

function why(keepers: readonly Keeper[], judged: readonly KeeperJudgement[]): string {
  if (keepers.length === 0) return 'nobody says that they hold it'
  const named = keepers
    .map(({ name }, at) => ({ name, words: judged[at]?.words ?? '', standing: judged[at]?.standing ?? 'lost' }))
    .toSorted((a, b) => points[b.standing] - points[a.standing] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const [only] = named
  if (named.length === 1 && only !== undefined) {
    return `only copy, on ${only.name}${only.words === '' ? '' : `, ${only.words}`}`
  }
  const list = named.slice(0, maxNamed).map(({ name, words }) => {
    const short = words.replace(/^which (has been |was |keeps )?/, '')
    return short === '' ? name : `${name} (${short})`
  })
  const more = named.length - list.length
  return `${named.length} copies: ${list.join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}

const minuteMs = 60_000

/** In coarse steps: each is told to all screens, for each of the files that the silent one holds. */
function span(ms: number): string {
  const minutes = Math.floor(ms / minuteMs)
  if (minutes < 10) return 'a few minutes'
  if (minutes < 60) return `${10 * Math.floor(minutes / 10)} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`
}
