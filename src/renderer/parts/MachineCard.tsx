import { Button } from '@mantine/core'
import { IconBolt, IconFile } from '@tabler/icons-react'
import { memo } from 'react'
import type { MachineView } from '../../shared/views.ts'
import { hrefOf } from '../route.ts'
import { kindOf, levelOf, troublesOf } from '../state/select-fleet.ts'
import { Age, Heard } from './Age.tsx'
import { FileName } from './FileName.tsx'
import { KindIcon, Simulated } from './KindIcon.tsx'
import { Meter, Metric } from './Metric.tsx'
import { Sparkline } from './Sparkline.tsx'
import { Notes } from './Notes.tsx'
import { StandingChip } from './Standing.tsx'
import { LevelMark, StatusWord } from './StatusMark.tsx'
import { Why } from './Why.tsx'

interface MachineCardProps {
  readonly machine: MachineView
  readonly onForget: (machine: MachineView) => void
}

/** A machine at a glance. The whole card is the link. */
export const MachineCard = memo(function MachineCard({ machine, onForget }: MachineCardProps) {
  const { peer, name, robot, version, simulated, self, status, statusReason, health, spark, lastLog } = machine
  const troubles = troublesOf(machine)
  const facts = [
    ...(robot === null ? [kindOf(machine)] : [`${robot.type} ${robot.configuration}`]),
    version === null ? 'version unknown' : `v${version}`,
  ]
  const battery = health?.values.batteryPercent
  return (
    <article className="card" data-level={levelOf(machine)} data-status={status} aria-label={name}>
      <header className="card-head">
        <KindIcon kind={kindOf(machine)} />
        <a
          className="card-link clip"
          dir="auto"
          href={hrefOf({ page: 'robot', peer, tab: 'health' })}
          data-nav-item
          title={name}
        >
          {name}
        </a>
        <span className="dim clip card-facts">{facts.join(' · ')}</span>
        <div className="card-status">
          <StatusWord status={status} reason={statusReason} />
          <Why fact={`${name} is ${status}`} reason={statusReason} evidence={machine.evidence} />
        </div>
      </header>
      {health === null ? (
        <p className="card-none dim">{status === 'unknown' ? statusReason : 'It has published no health yet.'}</p>
      ) : (
        <div className="card-values">
          <Value label="CPU">
            <Metric machine={machine} name="cpuPercent" />
            <span className="card-spark">
              <Sparkline values={spark.cpuPercent} low={0} high={100} />
            </span>
          </Value>
          <Value label="Temp">
            <Metric machine={machine} name="temperatureC" />
            <span className="card-spark">
              <Sparkline values={spark.temperatureC} low={20} high={90} />
            </span>
          </Value>
          <Value label={battery === undefined ? 'Memory' : 'Battery'}>
            <span className="card-figure">
              <Metric machine={machine} name={battery === undefined ? 'memoryPercent' : 'batteryPercent'} />
              {health.batteryCharging === true ? (
                <span title="charging">
                  <IconBolt className="icon level-ok" aria-hidden />
                  <span className="sr-only">charging</span>
                </span>
              ) : null}
            </span>
            <Meter percent={battery ?? health.values.memoryPercent} />
          </Value>
          <Value label="Disk">
            <Metric machine={machine} name="diskPercent" />
            <Meter percent={health.values.diskPercent} />
          </Value>
        </div>
      )}
      <p className="card-note">
        {self ? <span className="chip">this peer</span> : null}
        {simulated ? <Simulated /> : null}
        <StandingChip standing={machine.standing} reason={machine.standingReason} />
        <Notes machine={machine} />
        {troubles.slice(0, 3).map((trouble) => (
          <span key={trouble.text} className={`chip level-${trouble.level}`}>
            <LevelMark level={trouble.level} /> {trouble.text}
          </span>
        ))}
        {lastLog === null ? null : (
          <span className="card-log dim">
            <span className="sr-only">last log:</span>
            <IconFile className="icon" stroke={1.6} aria-hidden />
            <FileName name={lastLog.name} /> <Age atMs={lastLog.sharedAtMs} />
          </span>
        )}
      </p>
      <footer className="card-foot">
        <Heard atMs={machine.lastHeardAtMs} how={machine.lastHeardHow} fromName={machine.lastHeardFromName} />
        {status === 'gone' ? (
          <Button className="card-act" size="compact-xs" variant="default" onClick={() => onForget(machine)}>
            Forget <span className="sr-only">{name}</span>
          </Button>
        ) : null}
      </footer>
    </article>
  )
})

function Value({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <div className="card-value">
      <span className="dim">{label}</span>
      {children}
    </div>
  )
}
