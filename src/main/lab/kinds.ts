import type { RobotFacts } from '../../shared/views.ts'

/** What a kind of robot is built like, as far as its health shows. */
export interface RobotKind {
  readonly facts: RobotFacts
  /** A watchtower stands; it logs what it sees, and never drives. */
  readonly drives: boolean
  /** Watchtowers hang on a power supply. */
  readonly hasBattery: boolean
  readonly memoryBytes: number
  readonly diskBytes: number
  /** Standing in a room at 22 °C with nothing to do. */
  readonly idleTemperatureC: number
  /** Above idle, with all cores busy, once it has settled. A Jetson has a fan, a Pi in a case has not. */
  readonly fullLoadRiseC: number
  readonly cores: number
}

const gib = 1_024 ** 3

/** The mix of a teaching lab, in Duckietown's own names; `virtual` hardware would hide what a screen must show. */
export const robotKinds: readonly RobotKind[] = [
  {
    facts: { type: 'duckiebot', configuration: 'DB21J', hardware: 'jetson_nano' },
    drives: true,
    hasBattery: true,
    memoryBytes: 4 * gib,
    diskBytes: 64 * gib,
    idleTemperatureC: 36,
    fullLoadRiseC: 24,
    cores: 4,
  },
  {
    facts: { type: 'duckiebot', configuration: 'DB21M', hardware: 'raspberry_pi_64' },
    drives: true,
    hasBattery: true,
    memoryBytes: 4 * gib,
    diskBytes: 32 * gib,
    idleTemperatureC: 44,
    fullLoadRiseC: 34,
    cores: 4,
  },
  {
    facts: { type: 'watchtower', configuration: 'WT21A', hardware: 'raspberry_pi_64' },
    drives: false,
    hasBattery: false,
    memoryBytes: 2 * gib,
    diskBytes: 32 * gib,
    idleTemperatureC: 46,
    fullLoadRiseC: 30,
    cores: 4,
  },
  {
    facts: { type: 'duckiebot', configuration: 'DB19', hardware: 'raspberry_pi' },
    drives: true,
    hasBattery: true,
    memoryBytes: 1 * gib,
    diskBytes: 16 * gib,
    idleTemperatureC: 47,
    fullLoadRiseC: 36,
    cores: 4,
  },
]

/** The kind of the n-th robot of a lab, from 0: the first two are today's Duckiebots, the third a watchtower, and so on. */
export function kindOf(index: number): RobotKind {
  const kind = robotKinds[index % robotKinds.length]
  if (kind === undefined) throw new RangeError(`no robot ${index}`)
  return kind
}

/** duckie01, duckie02, watchtower01, duckie03: each word has its own count. Duckietown's host names are a-z and 0-9. */
export function robotName(index: number): string {
  const { drives } = kindOf(index)
  let number = 0
  for (let i = 0; i <= index; i++) if (kindOf(i).drives === drives) number++
  return `${drives ? 'duckie' : 'watchtower'}${String(number).padStart(2, '0')}`
}
