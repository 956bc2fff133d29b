import { SwarmError } from '../../shared/errors.ts'
import type { Log } from '../base/log.ts'
import type { TrustService } from '../service/trust/trust-service.ts'
import type { LabAdmission } from './lab-control.ts'

/** Robots come up one after another, 50 of them within some minutes; a lab that is started again gets another link. */
const validForMs = 60 * 60_000

/** What is needed of the peer that runs a lab. */
export interface LabParent {
  readonly log: Log
  readonly trust: Pick<TrustService, 'view' | 'invite' | 'withdrawInvite'>
}

/**
 * Lets the robots of a lab into the swarm of the peer that runs it: as robots, as soon as that peer may admit them.
 * @throws SwarmError NOT_TRUSTED when its key was revoked, LIMIT_REACHED, DISK_FULL
 */
export function labAdmission(peer: LabParent, robots: number): LabAdmission {
  const { id, link } = peer.trust.invite({ role: 'robot', uses: robots, validForMs }, { forLater: true })
  return {
    link,
    notAdmitted: () => {
      const { roles, standing } = peer.trust.view().self
      if (roles.includes('operator')) return null
      const what = standing === 'member' ? 'is no operator' : `is a ${standing}`
      return `This peer ${what} in its swarm, so its simulated robots stay strangers until an operator admits them.`
    },
    close: () => {
      try {
        peer.trust.withdrawInvite(id)
      } catch (error) {
        // Used up is as good.
        if (!(error instanceof SwarmError))
          peer.log.warn({ err: error }, 'the invite of the lab could not be withdrawn')
      }
    },
  }
}
