import { IconClockExclamation, IconHistory } from '@tabler/icons-react'
import type { MachineView } from '../../shared/views.ts'
import { skewWords } from '../state/skew.ts'
import { useRootVersion } from '../state/use-live.ts'

/** What an operator should know of a machine that is no trouble of its own: its clock, and the trust root it follows. */
export function Notes({ machine }: { readonly machine: MachineView }) {
  const version = useRootVersion()
  const skew = skewWords(machine.clockSkewMs)
  const older = version !== null && machine.rootVersion !== null && machine.rootVersion < version
  return (
    <>
      {skew === null ? null : (
        <span className="chip" title="Its own clock; what it signs is stamped with swarm time">
          <IconClockExclamation className="icon" stroke={1.7} aria-hidden /> clock {skew}
        </span>
      )}
      {older ? (
        <span
          className="chip level-look"
          title={`It says that it follows root ${machine.rootVersion}; root ${version} is in force. It may be cut off, or held back.`}
        >
          <IconHistory className="icon" stroke={1.7} aria-hidden /> follows an older root
        </span>
      ) : null}
    </>
  )
}
