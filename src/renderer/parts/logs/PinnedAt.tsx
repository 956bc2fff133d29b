import { Button, Menu } from '@mantine/core'
import { IconCloudUp } from '@tabler/icons-react'
import { useStore } from 'zustand'
import type { ShareView } from '../../../shared/views.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { pinsOf } from '../../state/select-pins.ts'
import { useAct } from '../../state/use-act.ts'
import { useLive } from '../../state/use-live.ts'
import { ProblemNote } from '../Problem.tsx'
import { Failed } from '../States.tsx'
import { PinRow } from './PinRow.tsx'

/** Copies at pinning services: which, how they stand, and what can be done. Not shown where no service is known. */
export function PinnedAt({ share }: { readonly share: ShareView }) {
  const { bridge, pins: live, pinServices } = useStores()
  const { cid } = share
  const all = useLive(live)
  const known = useStore(pinServices.store)
  useAsked(pinServices)
  const { busy, problem, run } = useAct()
  const services = known.phase === 'ready' ? known.value : []
  const pins = pinsOf(all, cid)
  if (all.phase === 'failed') {
    return <Failed title="Its pins elsewhere could not be read" problem={all.problem} onRetry={live.retry} />
  }
  if (services.length === 0 && pins.length === 0) return null
  // One that failed or is gone is asked for again from its own line.
  const free = services.filter(({ name }) => !pins.some(({ service }) => service === name))
  const add = (service: string): void => run(() => bridge.api.pinning.add({ cid, service }))
  return (
    <section aria-label="Pinned elsewhere">
      <h3>Pinned elsewhere</h3>
      {pins.length === 0 ? <p className="dim">At no pinning service.</p> : null}
      <ul className="rows">
        {pins.map((pin) => (
          <PinRow key={pin.id} pin={pin} mayAdd={whyNot(share) === null} />
        ))}
      </ul>
      {free.length === 0 ? null : whyNot(share) === null ? (
        <Menu position="bottom-start" shadow="md">
          <Menu.Target>
            <Button size="xs" variant="default" loading={busy} leftSection={<IconCloudUp size={15} aria-hidden />}>
              Pin at…
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Who pins a file may give it to anybody</Menu.Label>
            {free.map(({ name }) => (
              <Menu.Item key={name} onClick={() => add(name)}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : (
        <p className="dim">{whyNot(share)}</p>
      )}
      <ProblemNote problem={problem} />
    </section>
  )
}

/** Why it cannot be asked for; null: it can. */
function whyNot({ local, channel }: ShareView): string | null {
  if (channel !== null) return `It is meant for the file channel ${channel}: services might give it to anybody.`
  return local ? null : 'Fetch it first: a service gets a file from this peer.'
}
