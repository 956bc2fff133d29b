import { Button } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { useMemo, type ReactNode } from 'react'
import { useStore } from 'zustand'
import type { PeerId } from '../../shared/ids.ts'
import type { MachineView } from '../../shared/views.ts'
import { formatCount } from '../format.ts'
import { HealthTab } from '../parts/HealthTab.tsx'
import { PageTabs } from '../parts/PageTabs.tsx'
import { RecordsTab } from '../parts/RecordsTab.tsx'
import { RobotFacts } from '../parts/RobotFacts.tsx'
import { RobotHead } from '../parts/RobotHead.tsx'
import { RobotLogs } from '../parts/files/RobotLogs.tsx'
import { sayFailed } from '../parts/SharedDrop.tsx'
import { Empty, Failed, Loading } from '../parts/States.tsx'
import { go, robotTabs, type RobotTab } from '../route.ts'
import { useStores } from '../state/context.ts'

interface RobotPageProps {
  readonly peer: PeerId
  readonly tab: RobotTab
}

/** One machine: who it is, how it is, what it shared, how it is reached and what it signed. */
export function RobotPage({ peer, tab }: RobotPageProps) {
  const { fleet } = useStores()
  const phase = useStore(fleet.store, (state) => state.phase)
  const problem = useStore(fleet.store, (state) => (state.phase === 'failed' ? state.problem : null))
  const machine = useStore(fleet.store, (state) => (state.phase === 'ready' ? (state.items.get(peer) ?? null) : null))
  return (
    <div className="page">
      <Button
        component="a"
        href="#/fleet"
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<IconArrowLeft size={14} aria-hidden />}
        style={{ alignSelf: 'flex-start' }}
      >
        Fleet
      </Button>
      {machine === null ? (
        <>
          <h1 className="sr-only">Robot</h1>
          {problem === null ? null : (
            <Failed title="The fleet could not be read" problem={problem} onRetry={fleet.retry} />
          )}
          {phase === 'ready' ? <Missing peer={peer} /> : null}
          {phase === 'loading' || phase === 'idle' ? (
            <Loading label="Loading the robot" heightRem={9} rows={4} />
          ) : null}
        </>
      ) : (
        <Known machine={machine} tab={tab} />
      )}
    </div>
  )
}

function Missing({ peer }: { readonly peer: string }) {
  return (
    <Empty
      title="This peer does not know that machine"
      actions={
        <Button component="a" href="#/fleet" size="xs">
          Go to the fleet
        </Button>
      }
    >
      <p>
        It may have been forgotten, or was never heard here. It comes back by itself once it is heard.
        <br />
        <span className="mono">{peer}</span>
      </p>
    </Empty>
  )
}

const labels: Readonly<Record<RobotTab, string>> = { health: 'Health', logs: 'Logs', link: 'Link', records: 'Records' }

function Known({ machine, tab }: { readonly machine: MachineView; readonly tab: RobotTab }) {
  const { bridge, files } = useStores()
  const live = useStore(files.store)
  const own = useMemo(
    () => (live.phase === 'ready' ? [...live.items.values()].filter((share) => share.origin === machine.peer) : []),
    [live, machine.peer],
  )
  const forget = (): void => {
    bridge.api.fleet
      .forget({ peer: machine.peer })
      .then(() => go({ page: 'fleet' }))
      .catch(sayFailed(`${machine.name} was not forgotten`))
  }
  const contents: Readonly<Record<RobotTab, () => ReactNode>> = {
    health: () => <HealthTab machine={machine} />,
    logs: () => <RobotLogs machine={machine} shares={own} />,
    link: () => <RobotFacts machine={machine} />,
    records: () => <RecordsTab peer={machine.peer} name={machine.name} />,
  }
  return (
    <>
      <RobotHead machine={machine} onForget={forget} />
      <PageTabs
        label={`About ${machine.name}`}
        chosen={tab}
        onChoose={(next) => go({ page: 'robot', peer: machine.peer, tab: next })}
        tabs={robotTabs.map((name) => ({
          name,
          label: `${labels[name]}${name === 'logs' && own.length > 0 ? ` (${formatCount(own.length)})` : ''}`,
          content: contents[name],
        }))}
      />
    </>
  )
}
