import { Button } from '@mantine/core'
import type { MachineView } from '../../shared/views.ts'
import { formatBytes, formatDuration, shortId } from '../format.ts'
import { kindOf, troublesOf } from '../state/select-fleet.ts'
import { Heard } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'
import { KindIcon, Simulated } from './KindIcon.tsx'
import { Notes } from './Notes.tsx'
import { StandingChip } from './Standing.tsx'
import { LevelMark, StatusWord } from './StatusMark.tsx'
import { Why } from './Why.tsx'

/** Name, state, and the facts one asks for first. */
export function RobotHead({ machine, onForget }: { readonly machine: MachineView; readonly onForget: () => void }) {
  const { name, robot, version, os, health, status, statusReason, simulated, self } = machine
  const facts = [
    robot === null ? kindOf(machine) : `${robot.type} ${robot.configuration}`,
    ...(robot === null ? [] : [robot.hardware]),
    version === null ? 'version unknown' : `dt-swarm ${version}`,
    ...(os === null ? [] : [os]),
    ...(health?.uptimeS == null ? [] : [`up ${formatDuration(health.uptimeS * 1_000)}`]),
    ...(health?.memoryTotalBytes == null ? [] : [`${formatBytes(health.memoryTotalBytes)} memory`]),
    ...(health?.diskFreeBytes == null ? [] : [`${formatBytes(health.diskFreeBytes)} free`]),
  ]
  return (
    <header className="robot-head">
      <KindIcon kind={kindOf(machine)} />
      <div style={{ flex: 1, minWidth: 0 }}>
        <div className="robot-name">
          <h1 dir="auto">{name}</h1>
          <StatusWord status={status} reason={statusReason} />
          {simulated ? <Simulated /> : null}
          <StandingChip standing={machine.standing} reason={machine.standingReason} />
          <Notes machine={machine} />
          {self ? <span className="chip">this peer</span> : null}
          {troublesOf(machine).map((trouble) => (
            <span key={trouble.text} className={`chip level-${trouble.level}`}>
              <LevelMark level={trouble.level} /> {trouble.text}
            </span>
          ))}
          {(health?.notes ?? []).map((note) => (
            <span key={note} className="chip">
              {note}
            </span>
          ))}
        </div>
        <p>
          {status === 'alive' ? 'Heard' : `${statusReason};`}{' '}
          <Heard atMs={machine.lastHeardAtMs} how={machine.lastHeardHow} fromName={machine.lastHeardFromName} />
          <Why fact={`${name} is ${status}`} reason={statusReason} evidence={machine.evidence} />
        </p>
        <p className="dim">{facts.join(' · ')}</p>
        <p className="dim mono">
          {shortId(machine.peer)} <CopyIcon text={machine.peer} label="Copy peer id" />
        </p>
      </div>
      {status === 'gone' ? (
        <Button size="xs" variant="default" onClick={onForget} title="Hides it until it is heard again">
          Forget
        </Button>
      ) : null}
    </header>
  )
}
