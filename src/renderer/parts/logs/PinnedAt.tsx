import { Button, Menu } from '@mantine/core'
import { IconCloudUp } from '@tabler/icons-react'
import { useCallback, useEffect, useState } from 'react'
import type { PinServiceView, PinView } from '../../../shared/pinning-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Age } from '../Age.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** A pin on its way changes within minutes. */
const refreshMs = 5_000

const words: Record<PinView['state'], string> = {
  queued: 'waits there',
  pinning: 'on its way there',
  pinned: 'pinned',
  failed: 'failed there',
  gone: 'no longer there',
  removing: 'being taken back',
}

/** Copies at pinning services: which, how they stand, and what can be done. Not shown where no service is known. */
export function PinnedAt({ share }: { readonly share: ShareView }) {
  const { bridge } = useStores()
  const { cid } = share
  const [services, setServices] = useState<readonly PinServiceView[]>([])
  const [pins, setPins] = useState<readonly PinView[]>([])
  const { busy, problem, run } = useAct()
  const load = useCallback(async (): Promise<void> => {
    const [known, here] = await Promise.all([bridge.api.pinning.services(), bridge.api.pinning.list({ cid })])
    setServices(known)
    setPins(here)
  }, [bridge, cid])
  useEffect(() => {
    // Without a line there is nothing new; the frame says so.
    const quietly = (): void => void load().catch(() => {})
    quietly()
    const timer = setInterval(quietly, refreshMs)
    return () => clearInterval(timer)
  }, [load])
  if (services.length === 0 && pins.length === 0) return null
  const pinned = new Set(
    pins.flatMap(({ service, state }) => (state === 'gone' || state === 'failed' ? [] : [service])),
  )
  const free = services.filter(({ name }) => !pinned.has(name))
  const add = (service: string): void => run(() => bridge.api.pinning.add({ cid, service }).then(load))
  const remove = (service: string): void => run(() => bridge.api.pinning.remove({ cid, service }).then(load))
  return (
    <section aria-label="Pinned elsewhere">
      <h3>Pinned elsewhere</h3>
      <ul className="rows">
        {pins.map((pin) => (
          <li key={pin.id} className="row">
            <span className="row-text">
              <LevelMark level={pin.problem !== null ? 'look' : pin.state === 'pinned' ? 'ok' : 'look'} />{' '}
              <strong>{pin.service}</strong> {words[pin.state]}{' '}
              <span className="dim">
                checked <Age atMs={pin.checkedAtMs} />
                {pin.details === null ? '' : ` · ${pin.details}`}
              </span>
              {pin.problem === null ? null : <span className="level-look"> {pin.problem}</span>}
            </span>
            {pin.state === 'removing' ? null : (
              <Button
                size="compact-xs"
                variant="default"
                loading={busy}
                aria-label={`Unpin at ${pin.service}`}
                onClick={() => remove(pin.service)}
              >
                Unpin
              </Button>
            )}
          </li>
        ))}
      </ul>
      {free.length === 0 || !share.local || share.channel !== null ? null : (
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
      )}
      <ProblemNote problem={problem} />
    </section>
  )
}
