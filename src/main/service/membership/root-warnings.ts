import type { PeerId } from '../../../shared/ids.ts'
import type { TrustState } from '../../model/trust.ts'
import type { Machine } from './machine-table.ts'

interface Warning {
  readonly code: string
  readonly message: string
}

/** By then a new root has reached everybody who is there: whoever speaks after it and goes by an older one has a reason. */
const settledMs = 10 * 60_000
const maxNamed = 3

/**
 * What is wrong with the trust state, and machines that go by another root than this peer: those that a newer one does not reach, and, should they be ahead,
 * this peer itself. Only what trusted machines say counts.
 */
export function rootWarnings(
  machines: Iterable<Machine>,
  context: {
    readonly trust: TrustState
    /** Those that follow the same root and go by other trust records. */
    readonly differing: readonly PeerId[]
    readonly nameOf: (peer: PeerId) => string
  },
): readonly Warning[] {
  const { trust, differing, nameOf } = context
  const { root } = trust
  const warnings: Warning[] = trust.problems.map(({ code, message }) => ({ code: `TRUST_${code}`, message }))
  if (root === null) return warnings
  const behind: PeerId[] = []
  const ahead: PeerId[] = []
  for (const { peer, facts, presence, status } of machines) {
    if (facts?.rootVersion == null || status !== 'alive' || trust.of(peer).standing === 'stranger') continue
    const saidMs = presence?.stored.record.body.validFrom ?? 0
    if (facts.rootVersion > root.version) ahead.push(peer)
    else if (facts.rootVersion < root.version && saidMs > root.record.body.validFrom + settledMs) behind.push(peer)
  }
  if (behind.length > 0) {
    const verb = behind.length === 1 ? 'does' : 'do'
    warnings.push({
      code: 'OLDER_ROOT',
      message: `${named(behind, nameOf)} ${verb} not know root ${root.version} yet, and go${behind.length === 1 ? 'es' : ''} by an older one: see whether anything keeps the trust records from them.`,
    })
  }
  if (ahead.length > 0) {
    warnings.push({
      code: 'NEWER_ROOT',
      message: `${named(ahead, nameOf)} ${ahead.length === 1 ? 'goes' : 'go'} by a newer root than ${root.version}, which has not reached this peer yet. If that lasts, somebody withholds it: connect to one of them.`,
    })
  }
  if (differing.length > 0) {
    warnings.push({
      code: 'TRUST_DIFFERS',
      message:
        `${named(differing, nameOf)} ${differing.length === 1 ? 'goes' : 'go'} by other trust records than this peer, though both ` +
        `follow root ${root.version} and had minutes to catch up. Somebody may be withholding a revocation from one of ` +
        'them: compare what "dt-swarm trust" shows on each, and connect them directly.',
    })
  }
  return warnings
}

function named(peers: readonly PeerId[], nameOf: (peer: PeerId) => string): string {
  const names = peers.slice(0, maxNamed).map(nameOf)
  const rest = peers.length - names.length
  return rest > 0 ? `${names.join(', ')} and ${rest} more` : names.join(', ')
}
