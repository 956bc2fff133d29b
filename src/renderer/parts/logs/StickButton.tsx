import { Button, Menu } from '@mantine/core'
import { IconUsb } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { CourierView } from '../../../shared/courier-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { formatPercent, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAsked } from '../../state/use-asked.ts'
import { useInfo } from '../../state/use-info.ts'
import { Dialog } from '../Dialog.tsx'
import { sayFailed } from '../SharedDrop.tsx'
import { shareOf, StickProgress } from './StickProgress.tsx'

const refreshMs = 500
/** As many as one call takes. */
const maxFiles = 10_000

interface StickButtonProps {
  /** What is shown, when it is not all: it can be copied by itself. */
  readonly shown?: readonly ShareView[]
}

/** Copies what is here to a stick, and brings what is on one; where a folder can be chosen. */
export function StickButton({ shown }: StickButtonProps) {
  const info = useInfo()
  return info?.can.choosePlace === true ? <Stick {...(shown === undefined ? {} : { shown })} /> : null
}

function Stick({ shown }: StickButtonProps) {
  const { bridge, courier: asked, stick } = useStores()
  const { courier } = bridge.api
  const view = useStore(asked.store, (state) => (state.phase === 'ready' ? state.value : null))
  const running = view?.state === 'running'
  useAsked(asked, running ? refreshMs : undefined)
  const [busy, setBusy] = useState(false)
  const opened = useStore(stick, (state) => state.opened)
  const setOpened = (shown: boolean): void => stick.setState({ opened: shown })
  const here = useMemo(() => shown?.filter((share) => share.local).map(({ cid }) => cid) ?? [], [shown])
  const begin = async (work: () => Promise<CourierView | null>, failed: string): Promise<void> => {
    setBusy(true)
    try {
      const begun = await work()
      if (begun === null) return
      asked.set(begun)
      setOpened(true)
    } catch (error) {
      sayFailed(failed)(error)
    } finally {
      setBusy(false)
    }
  }
  const copy = (cids?: typeof here): void =>
    void begin(
      () => courier.export({ dir: null, ...(cids === undefined ? {} : { cids: [...cids] }) }),
      'Nothing was copied to a stick',
    )
  const icon = <IconUsb size={15} aria-hidden />
  return (
    <>
      {running ? (
        <Button size="xs" variant="default" leftSection={icon} onClick={() => setOpened(true)}>
          Stick · {formatPercent(shareOf(view))}
        </Button>
      ) : (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button size="xs" variant="default" loading={busy} leftSection={icon}>
              Stick
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {here.length > 0 && here.length <= maxFiles ? (
              <Menu.Item onClick={() => copy(here)}>
                Copy {plural(here.length, 'file')} shown that {here.length === 1 ? 'is' : 'are'} here to a stick…
              </Menu.Item>
            ) : null}
            <Menu.Item onClick={() => copy()}>Copy all files that are here to a stick…</Menu.Item>
            <Menu.Item
              onClick={() => void begin(() => courier.import({ dir: null }), 'Nothing was brought from a stick')}
            >
              Bring what is on a stick…
            </Menu.Item>
            <Menu.Label>All records that count travel along, and are checked on the other side.</Menu.Label>
          </Menu.Dropdown>
        </Menu>
      )}
      <Dialog
        title={view?.kind === 'import' ? 'Bring what is on a stick' : 'Copy to a stick'}
        opened={opened && view !== null}
        onClose={() => setOpened(false)}
      >
        {view === null ? null : <StickProgress view={view} />}
        <div className="dialog-foot">
          {running ? (
            <Button variant="default" onClick={() => void courier.cancel().catch(sayFailed('It goes on'))}>
              Stop
            </Button>
          ) : null}
          <Button variant="default" onClick={() => setOpened(false)}>
            {running ? 'Go on behind' : 'Close'}
          </Button>
        </div>
      </Dialog>
    </>
  )
}
