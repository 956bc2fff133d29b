import { Button, Menu, Progress } from '@mantine/core'
import { IconUsb } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { CourierView } from '../../../shared/courier-views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'

const refreshMs = 500

/** Copies what is here to a stick, and brings what is on one; where a folder can be chosen. */
export function StickButton() {
  const { bridge } = useStores()
  const info = useInfo()
  const [view, setView] = useState<CourierView | null>(null)
  const { busy, problem, run } = useAct()
  const running = view?.state === 'running'
  useEffect(() => {
    if (!running) return undefined
    const timer = setInterval(
      () =>
        void bridge.api.courier
          .status()
          .then((now) => setView(now))
          .catch(() => {}),
      refreshMs,
    )
    return () => clearInterval(timer)
  }, [bridge, running])
  if (info?.can.choosePlace !== true) return null
  const { courier } = bridge.api
  const begin = (work: () => Promise<CourierView | null>): void => run(async () => setView(await work()))
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button size="xs" variant="default" loading={busy} leftSection={<IconUsb size={15} aria-hidden />}>
            Stick
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => begin(() => courier.export({ dir: null }))}>Copy to a stick…</Menu.Item>
          <Menu.Item onClick={() => begin(() => courier.import({ dir: null }))}>Bring from a stick…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ProblemNote problem={problem} />
      <Dialog
        title={view?.kind === 'import' ? 'Bring from a stick' : 'Copy to a stick'}
        opened={view !== null}
        onClose={() => setView(null)}
      >
        {view === null ? null : <OnItsWay view={view} />}
        {running ? (
          <Button size="xs" variant="default" onClick={() => void courier.cancel().catch(() => {})}>
            Stop
          </Button>
        ) : null}
      </Dialog>
    </>
  )
}

function OnItsWay({ view }: { readonly view: CourierView }) {
  const {
    kind,
    dir,
    state,
    step,
    files,
    doneFiles,
    bytes,
    doneBytes,
    knownFiles,
    leftOut,
    leftOutFiles,
    records,
    error,
  } = view
  const done = kind === 'export' ? 'written' : 'taken in'
  return (
    <>
      <p className="mono">{dir}</p>
      <Progress value={bytes === 0 ? (state === 'done' ? 100 : 0) : (doneBytes / bytes) * 100} aria-label="Progress" />
      <output>
        {step}. {doneFiles} of {plural(files, 'file')} {done}, {formatBytes(doneBytes)} of {formatBytes(bytes)}
        {knownFiles === 0 ? '' : `; ${knownFiles} there already`}.
        {records === null ? '' : ` ${plural(records.added, 'record')} new, ${records.known} known.`}
      </output>
      {error === null ? null : <p className="level-act">{error.message}</p>}
      {leftOutFiles === 0 ? null : (
        <>
          <p className="level-look">{plural(leftOutFiles, 'file')} left out:</p>
          <ul>
            {leftOut.slice(0, 10).map((one) => (
              <li key={one.cid}>
                <span dir="auto">{one.name}</span> <span className="dim">{one.why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
