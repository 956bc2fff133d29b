import { existsSync } from 'node:fs'

/** systemd-timesyncd's folder; it makes `synchronized` there once a time server has answered. */
const timesyncFolder = '/run/systemd/timesync'

/**
 * Whether this machine knows that nobody has told its clock the time since it started: it sets it by systemd-timesyncd,
 * as Raspberry Pi OS does, which has heard from no server. Where something else sets the clock nothing is known: false.
 */
export function isSystemClockUnset(folder: string = timesyncFolder): boolean {
  return existsSync(folder) && !existsSync(`${folder}/synchronized`)
}
