import type { MachineView } from '../../shared/views.ts'
import { hrefOf } from '../route.ts'
import { kindOf, troublesOf } from '../state/select-fleet.ts'
import { Age, Heard } from './Age.tsx'
import type { Column } from './DataTable.tsx'
import { Metric } from './Metric.tsx'
import { Named } from './PeerName.tsx'
import { StandingChip } from './Standing.tsx'
import { LevelMark, StatusWord } from './StatusMark.tsx'

/** The fleet as a table. */
export const fleetColumns: readonly Column<MachineView>[] = [
  {
    key: 'name',
    label: 'Name',
    widthRem: 16.5,
    cell: (machine) => (
      <Named simulated={machine.simulated} self={machine.self}>
        <a
          className="clip"
          dir="auto"
          href={hrefOf({ page: 'robot', peer: machine.peer, tab: 'health' })}
          data-nav-item
          title={machine.name}
        >
          {machine.name}
        </a>
        <StandingChip standing={machine.standing} reason={machine.standingReason} />
      </Named>
    ),
  },
  {
    key: 'type',
    minor: true,
    label: 'Type',
    widthRem: 11,
    cell: (machine) => {
      const words = machine.robot === null ? kindOf(machine) : `${machine.robot.type} ${machine.robot.configuration}`
      return <span title={words}>{words}</span>
    },
  },
  {
    key: 'version',
    minor: true,
    label: 'Version',
    widthRem: 5.5,
    cell: (machine) =>
      machine.version === null ? (
        <span className="dim">unknown</span>
      ) : (
        <span title={machine.version}>{machine.version}</span>
      ),
  },
  {
    key: 'status',
    label: 'Status',
    widthRem: 7.5,
    cell: (machine) => <StatusWord status={machine.status} reason={machine.statusReason} />,
  },
  {
    key: 'trouble',
    minor: true,
    label: 'Trouble',
    widthRem: 11,
    cell: (machine) => {
      const trouble = troublesOf(machine)[0]
      return trouble === undefined ? null : (
        <span className={`status level-${trouble.level}`} title={trouble.text}>
          <LevelMark level={trouble.level} /> {trouble.text}
        </span>
      )
    },
  },
  {
    key: 'heard',
    label: 'Heard',
    widthRem: 10.5,
    cell: (machine) => (
      <Heard atMs={machine.lastHeardAtMs} how={machine.lastHeardHow} fromName={machine.lastHeardFromName} />
    ),
  },
  {
    key: 'cpu',
    label: 'CPU',
    widthRem: 5,
    right: true,
    cell: (machine) => <Metric machine={machine} name="cpuPercent" />,
  },
  {
    key: 'temperature',
    label: 'Temp',
    widthRem: 5.5,
    right: true,
    cell: (machine) => <Metric machine={machine} name="temperatureC" />,
  },
  {
    key: 'battery',
    label: 'Battery',
    widthRem: 5.5,
    right: true,
    cell: (machine) => <Metric machine={machine} name="batteryPercent" />,
  },
  {
    key: 'memory',
    minor: true,
    label: 'Memory',
    widthRem: 5.5,
    right: true,
    cell: (machine) => <Metric machine={machine} name="memoryPercent" />,
  },
  {
    key: 'disk',
    label: 'Disk',
    widthRem: 5,
    right: true,
    cell: (machine) => <Metric machine={machine} name="diskPercent" />,
  },
  {
    key: 'log',
    minor: true,
    label: 'Last log',
    widthRem: 7.5,
    cell: (machine) =>
      machine.lastLog === null ? (
        <span className="dim">none</span>
      ) : (
        <span title={machine.lastLog.name}>
          <Age atMs={machine.lastLog.sharedAtMs} />
        </span>
      ),
  },
]
