import { Button, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { useStore } from 'zustand'
import type { LabView } from '../../shared/lab-view.ts'
import { useStores } from '../state/context.ts'
import { useAsked } from '../state/use-asked.ts'
import { Simulated } from './KindIcon.tsx'
import { sayFailed } from './SharedDrop.tsx'
import { Failed } from './States.tsx'

/** While robots start, their states are asked for so often. */
const refreshMs = 1_000

/** Simulated Duckiebots, started and stopped from here. */
export function LabPanel() {
  const { lab, bridge } = useStores()
  const state = useStore(lab.store)
  const [robots, setRobots] = useState(4)
  const [busy, setBusy] = useState(false)
  const running = state.phase === 'ready' && state.value.running
  useAsked(lab, running ? refreshMs : undefined)
  const act = async (call: () => Promise<LabView>, title: string): Promise<void> => {
    setBusy(true)
    try {
      lab.set(await call())
    } catch (error) {
      sayFailed(title)(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section className="panel" aria-label="Lab">
      <h2>
        Lab <Simulated />
      </h2>
      <p className="dim" style={{ marginBottom: '0.75rem' }}>
        Simulated Duckiebots: real peers with simulated bodies, each a process of its own on this machine. They say that
        they are simulated wherever they show.
      </p>
      {state.phase === 'failed' ? (
        <Failed title="The lab could not be asked" problem={state.problem} onRetry={() => void lab.load()} />
      ) : null}
      {running ? (
        <>
          <ul style={{ marginBottom: '0.75rem' }}>
            {state.value.robots.map((robot) => (
              <li key={robot.name}>
                {robot.name} <span className={robot.state === 'failed' ? 'level-act' : 'dim'}>{robot.state}</span>{' '}
                {robot.error === null ? null : <span className="level-act">{robot.error}</span>}
              </li>
            ))}
          </ul>
          <Button
            size="xs"
            variant="default"
            loading={busy}
            onClick={() => void act(() => bridge.api.lab.stop(), 'The lab did not stop')}
          >
            Stop the lab
          </Button>
        </>
      ) : (
        <div className="form-foot">
          <NumberInput
            size="xs"
            w="6rem"
            aria-label="Robots"
            min={1}
            max={50}
            clampBehavior="strict"
            value={robots}
            onChange={(value) => setRobots(typeof value === 'number' ? value : 4)}
          />
          <Button
            size="xs"
            color="duck"
            loading={busy}
            onClick={() => void act(() => bridge.api.lab.start({ robots }), 'The lab did not start')}
          >
            Start a demo lab
          </Button>
        </div>
      )}
    </section>
  )
}
