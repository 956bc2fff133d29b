import type { CopyRisk } from '../../shared/file-views.ts'
import type { ShareView } from '../../shared/views.ts'
import type { Level } from './select-fleet.ts'

/** How loud a risk is shown: that a file hangs on one machine is how most are, and no alarm. */
export const riskLevel: Readonly<Record<CopyRisk, Level>> = { none: 'ok', low: 'look', high: 'act' }

/** A rescue would change something: it is not kept here, nor on its way to be. */
export function isRescuable(share: ShareView): boolean {
  return share.safety.risk !== 'none' && !share.kept && !(share.local && share.own)
}

export interface AtRisk {
  /** What may be lost any moment and is not kept here. */
  readonly shares: readonly ShareView[]
  readonly bytes: number
  /** Of these, how many somebody who is heard holds: they can be fetched now. */
  readonly reachable: number
  /** The newest of those that can still be fetched, or else of all. */
  readonly worst: ShareView | null
  /** What somebody here has rescued already and has not come yet. */
  readonly coming: number
}

export function atRiskOf(shares: Iterable<ShareView>): AtRisk {
  const found: ShareView[] = []
  let bytes = 0
  let reachable = 0
  let worst: ShareView | null = null
  const order = ({ safety, sharedAtMs }: ShareView): number => (safety.aliveCopies > 0 ? 1e15 : 0) + sharedAtMs
  let coming = 0
  for (const share of shares) {
    if (share.safety.risk !== 'high') continue
    if (share.kept && !share.local) coming += 1
    if (!isRescuable(share)) continue
    found.push(share)
    bytes += share.sizeBytes
    if (share.safety.aliveCopies > 0) reachable += 1
    if (worst === null || order(share) > order(worst)) worst = share
  }
  return { shares: found, bytes, reachable, worst, coming }
}

/** A sentence of the peer's as a person reads it. */
export function whyWords({ safety }: ShareView): string {
  return `${safety.why.charAt(0).toUpperCase()}${safety.why.slice(1)}.`
}
