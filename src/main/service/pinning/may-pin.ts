import { SwarmError } from '../../../shared/errors.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { ShareView } from '../../../shared/views.ts'

export interface MayPinDeps {
  readonly share: (cid: Cid) => ShareView | undefined
  /** Where the Kubo that keeps the files can be dialled; undefined: there is none. */
  readonly kuboAddresses: () => readonly string[] | undefined
  /** The swarm has a network key: nobody without it can link to this peer. */
  readonly isPrivate: boolean
}

/** The file, when a pinning service could and may get it. @throws SwarmError NOT_FOUND, UNSUPPORTED */
export function mayPin(cid: Cid, { share: find, kuboAddresses, isPrivate }: MayPinDeps): ShareView {
  const share = find(cid)
  if (share === undefined) throw new SwarmError('NOT_FOUND', `Nobody shares ${cid}: only shared files can be pinned.`)
  const { name, local, channel } = share
  if (!local) {
    throw new SwarmError('UNSUPPORTED', `"${name}" is not here, so the service could not get it. Fetch it first.`)
  }
  if (channel !== null) {
    throw new SwarmError(
      'UNSUPPORTED',
      `"${name}" is meant for the file channel "${channel}" alone; who pins a file may give it to anybody.`,
    )
  }
  if (isPrivate && kuboAddresses() === undefined) {
    throw new SwarmError(
      'UNSUPPORTED',
      'This swarm has a network key, so no pinning service can link to this peer to get the file. Keep the files in a Kubo daemon (Settings, Files), which it can reach.',
    )
  }
  return share
}
