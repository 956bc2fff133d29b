import type { PeerId } from '../../../shared/ids.ts'
import { trustRoles } from '../../../shared/trust-views.ts'
import type { EvidenceView, HealthView, MachineView } from '../../../shared/views.ts'
import { peerIdPattern } from '../../model/trust-words.ts'
import type { PeerStanding } from '../../model/trust.ts'
import type { Machine, RecordTrace } from './machine-table.ts'
import { clockToleranceMs } from './spoken-times.ts'
import { span } from './span-words.ts'

/** What a machine's view is made of besides what was heard of it. */
export interface MachineContext {
  readonly nowMs: number
  readonly self: boolean
  readonly standing: PeerStanding
  readonly nameOf: (peer: PeerId) => string
  readonly latencyMs: number | null
  readonly clockErrorMs: number | undefined
  /** While its own records are refused for their time: how far its clock is behind ours. */
  readonly refusedBehindMs: number | undefined
  readonly health: HealthView | undefined
  readonly spark: MachineView['spark']
  readonly lastLog: MachineView['lastLog']
}

export function machineView(machine: Machine, context: MachineContext): MachineView {
  const { facts, last } = machine
  const { nameOf } = context
  return {
    peer: machine.peer,
    self: context.self,
    name: nameOf(machine.peer),
    role: facts?.role ?? null,
    version: facts?.version ?? null,
    robot: facts?.robot ?? null,
    simulated: facts?.simulated ?? false,
    standing: context.standing.standing,
    roles: trustRoles.filter((role) => context.standing.roles.has(role)),
    standingReason: context.standing.reason.replaceAll(peerIdPattern, (peer) => nameOf(peer as PeerId)),
    clockSkewMs: facts?.clockSkewMs ?? null,
    rootVersion: facts?.rootVersion ?? null,
    os: facts === undefined || facts.os === '' ? null : facts.os,
    addresses: [...(facts?.addresses ?? [])],
    status: machine.status,
    statusReason: statusReason(machine, context),
    lastHeardAtMs: context.self ? context.nowMs : (last?.atMs ?? null),
    lastHeardHow: context.self ? 'self' : (last?.how ?? null),
    lastHeardFrom: last?.from ?? null,
    lastHeardFromName: last?.from === undefined || last.from === null ? null : nameOf(last.from),
    firstHeardAtMs: machine.firstHeardAtMs ?? null,
    connected: machine.connected,
    latencyMs: context.latencyMs,
    health: context.health ?? null,
    spark: context.spark,
    lastLog: context.lastLog,
    archive: facts?.archive ?? false,
    evidence: [...evidence(machine.presence, 'presence', nameOf), ...evidence(machine.health, 'health', nameOf)],
  }
}

/** A peer that has not told its name goes by the end of its id, which is where ids differ. */
export function shortName(peer: PeerId): string {
  return `…${peer.slice(-8)}`
}

function statusReason(machine: Machine, context: MachineContext): string {
  if (context.self) return 'this peer itself'
  const { last, left, status } = machine
  const refused = machine.connected ? refusedWords(context.refusedBehindMs) : ''
  if (last === undefined) {
    if (!machine.connected) return 'never heard itself'
    if (refused !== '') return `connected, but ${refused}`
    return 'connected, but it has not announced itself yet; if that lasts, it is of another swarm'
  }
  const ago = span(context.nowMs - last.atMs)
  const way = wayWords(machine, context)
  if (left !== undefined && status === 'gone') return `said goodbye ${span(context.nowMs - left.atMs)} ago`
  if (status === 'alive') return `spoke ${ago} ago, heard ${way}${clockWords(context.clockErrorMs)}`
  const linked = machine.connected ? '; there is still a connection to it' : ''
  const before = status === 'gone' ? 'silent for' : 'overdue: silent for'
  if (refused !== '') return `${before} ${ago}; there is still a connection to it, but ${refused}`
  return `${before} ${ago}; last heard ${way}${linked}${clockWords(context.clockErrorMs)}`
}

function wayWords(machine: Machine, { nameOf }: MachineContext): string {
  const { last } = machine
  const from = last?.from === undefined || last.from === null ? null : nameOf(last.from)
  switch (last?.how) {
    case 'relayed':
      return `by way of ${from ?? 'others'}`
    case 'caught-up':
      return from === null ? 'by catching up' : `by catching up with ${from}`
    case 'direct':
      return 'directly'
    case 'self':
    case undefined:
      return 'here'
  }
}

function clockWords(errorMs: number | undefined): string {
  if (errorMs === undefined || Math.abs(errorMs) <= clockToleranceMs) return ''
  return `; its clock is ${span(Math.abs(errorMs))} ${errorMs > 0 ? 'behind' : 'ahead'}`
}

function refusedWords(behindMs: number | undefined): string {
  if (behindMs === undefined) return ''
  const [why, way] = behindMs > 0 ? ['expired', 'behind'] : ['from the future', 'ahead of']
  return `what it says is refused as ${why}: its clock is ${span(Math.abs(behindMs))} ${way} ours; one of the two is wrong`
}

function evidence(
  trace: RecordTrace | undefined,
  fact: 'presence' | 'health',
  nameOf: (peer: PeerId) => string,
): EvidenceView[] {
  if (trace === undefined) return []
  const { record, arrival } = trace.stored
  const { body } = record
  return [
    {
      fact,
      recordId: record.id,
      author: body.author,
      seq: body.seq,
      how: trace.how,
      from: arrival.from,
      fromName: arrival.from === null ? null : nameOf(arrival.from),
      receivedAtMs: arrival.receivedAtMs,
      validFromMs: body.validFrom,
      validUntilMs: body.validUntil,
      rule: `signed by the machine itself; of its records in ${body.bucket} under "${body.key}" the newest counts`,
    },
  ]
}
