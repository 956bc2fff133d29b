import { Button } from '@mantine/core'
import { IconFlask } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { plural } from '../format.ts'
import { useStores } from '../state/context.ts'
import { useInfo } from '../state/use-info.ts'
import { sayFailed } from './SharedDrop.tsx'

const demoRobots = 4

/**
 * Starts a demo lab, or stops it. `quiet`: there only while a lab runs, to say so.
 * Nothing where this peer cannot run one.
 */
export function LabButton({ quiet = false }: { readonly quiet?: boolean }) {
  const { lab, bridge } = useStores()
  const info = useInfo()
  const can = info?.can.lab === true
  const state = useStore(lab.store)
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    if (can && lab.store.getState().phase === 'idle') void lab.load()
  }, [can, lab])
  if (!can) return null
  const running = state.phase === 'ready' && state.value.running
  if (quiet && !running) return null
  const act = async (): Promise<void> => {
    setBusy(true)
    try {
      lab.set(running ? await bridge.api.lab.stop() : await bridge.api.lab.start({ robots: demoRobots }))
    } catch (error) {
      sayFailed(running ? 'The lab did not stop' : 'The lab did not start')(error)
    } finally {
      setBusy(false)
    }
  }
  if (running) {
    return (
      <Button
        size="xs"
        variant="default"
        loading={busy}
        onClick={() => void act()}
        leftSection={<IconFlask size={15} aria-hidden />}
      >
        Stop the lab ({plural(state.value.robots.length, 'robot')})
      </Button>
    )
  }
  return (
    <Button
      size="xs"
      color="duck"
      loading={busy}
      onClick={() => void act()}
      leftSection={<IconFlask size={15} aria-hidden />}
    >
      Start a demo lab
    </Button>
  )
}
