import type { PeerId } from '../../../shared/ids.ts'
import type { HealthView } from '../../../shared/views.ts'
import type { Keeper } from '../../model/copy-risk.ts'
import type { Volunteer } from '../../model/volunteers.ts'
import type { Machine } from './machine-table.ts'

/** What is known of a machine as one that holds files. @param health undefined: it says nothing, or is not to be believed */
export function keeperOf(
  machine: Machine | undefined,
  context: {
    readonly name: string
    readonly nowMs: number
    readonly self: boolean
    readonly trusted: boolean
    readonly health: HealthView | undefined
  },
): Keeper {
  const { name, nowMs, self, trusted, health } = context
  const facts = machine?.facts
  const heardAtMs = machine?.last?.atMs
  return {
    name,
    status: self ? 'alive' : (machine?.status ?? 'unknown'),
    silentMs: heardAtMs === undefined ? null : Math.max(0, nowMs - heardAtMs),
    role: facts?.role ?? null,
    archive: trusted && facts?.archive === true,
    batteryPercent: health?.values.batteryPercent ?? null,
    charging: health?.batteryCharging === true,
    diskPercent: health?.values.diskPercent ?? null,
  }
}

/** Those that are up, are believed, and want more than one copy of each file. */
export function volunteersOf(machines: Iterable<Machine>, isTrusted: (peer: PeerId) => boolean): readonly Volunteer[] {
  return [...machines].flatMap(({ peer, status, facts }) => {
    const isUp = status === 'alive' || status === 'suspect'
    return facts !== undefined && facts.copies > 1 && isUp && isTrusted(peer) ? [{ peer, copies: facts.copies }] : []
  })
}
