import type { InfoView, SystemStatusView } from '../shared/views.ts'
import { fingerprintWords } from './model/trust-words.ts'
import type { Opened, Parts } from './peer-parts.ts'
import { clockWarning } from './service/membership/clock-sense.ts'

/** What the API's `system.info` tells, but for what only the shell knows. */
export function peerInfo(
  { options, identity, settings }: Opened,
  { sinceStart, book, node, trust }: Parts,
): Omit<InfoView, 'web' | 'can'> {
  const { name, role } = settings.get()
  const { standing, roles } = book.trust().of(identity.peerId)
  return {
    peer: identity.peerId,
    name,
    role,
    version: options.version,
    swarm: trust.swarmView(),
    standing,
    roles: [...roles],
    fingerprint: fingerprintWords(identity.peerId),
    home: options.home,
    simulated: options.simulated ?? false,
    startedAtMs: sinceStart.atMs,
    addresses: [...node.addresses()],
    identityProtection: identity.protection,
  }
}

export function peerStatus({ options, clock, counters }: Opened, parts: Parts): SystemStatusView {
  const { book, node, exchange, time, membership, files, archive, trust, checkpoints } = parts
  const clockWarnings = () => {
    const neighbours = node.neighbours()
    const behindMs = neighbours.flatMap((peer) => exchange.clocks.behindMs(peer) ?? [])
    const ownMs = clock.system.now()
    return clockWarning({ ownMs, time: clock.view(), neighbours: neighbours.length, behindMs }) ?? []
  }
  const machines = { alive: 0, suspect: 0, gone: 0, unknown: 0 }
  for (const status of membership.statuses()) machines[status] += 1
  return {
    atMs: clock.now(),
    links: node.neighbours().length,
    machines,
    transfersRunning: files.transfers.views().filter(({ state: now }) => now === 'waiting' || now === 'running').length,
    records: book.counts().reduce((sum, { records }) => sum + records, 0),
    counters: counters.snapshot(),
    ...trust.counts(),
    time: time.view(),
    catchUp: checkpoints.catchUp(),
    warnings: [
      options.notes ?? [],
      clockWarnings(),
      membership.warnings(),
      files.warnings(),
      archive.warnings(),
    ].flat(),
  }
}
