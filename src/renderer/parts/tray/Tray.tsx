import { Button } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconTransfer } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../../state/context.ts'
import { actOnAll, actorsOf, type TransferAct } from '../../state/transfer-acts.ts'
import { actableIn, rowsOf, trayOf, type TrayView } from '../../state/tray.ts'
import { sayFailed } from '../SharedDrop.tsx'
import { trayTitle } from './progress-words.ts'
import { TrayList } from './TrayList.tsx'
import { Words } from './Words.tsx'

/** Shares and fetches, bottom right: a small pill that opens. Not there when there is nothing to say. */
export function Tray() {
  const { transfers, uploads, tallies } = useStores()
  const live = useStore(transfers.store)
  const sending = useStore(uploads.store)
  const counted = useStore(tallies.store)
  const [open, setOpen] = useState(false)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const view = useMemo(
    () => trayOf(live.phase === 'ready' ? live.items.values() : [], sending.values(), counted),
    [live, sending, counted],
  )
  const rows = useMemo(() => (open ? rowsOf(view, opened) : []), [view, open, opened])
  const { totals } = view
  if (totals.all === 0) return null
  const toggle = (group: string): void =>
    setOpened(opened.has(group) ? new Set([...opened].filter((one) => one !== group)) : new Set([...opened, group]))
  return (
    <section className="tray" data-open={open} aria-label="Transfers">
      <button type="button" className="tray-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconTransfer size={16} aria-hidden />
        <span className={totals.open === 0 && totals.failed > 0 ? 'level-act' : ''}>
          <Words parts={trayTitle(totals)} />
        </span>
        <span style={{ marginLeft: 'auto' }}>
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronUp size={16} aria-hidden />}
        </span>
      </button>
      {open ? (
        <>
          <TrayList rows={rows} opened={opened} onToggle={toggle} />
          <TrayFoot view={view} />
        </>
      ) : null}
    </section>
  )
}

/** What can be done with all of them. */
function TrayFoot({ view }: { readonly view: TrayView }) {
  const { bridge, uploads } = useStores()
  const { api } = bridge
  const { totals, groups, single } = view
  const of = (act: TransferAct) => [...actableIn(single, act), ...groups.flatMap((group) => actorsOf(group, act))]
  const all = (act: TransferAct): void =>
    void actOnAll(api, act, of(act)).catch(sayFailed(act === 'pause' ? 'Not all is paused' : 'Not all goes on'))
  const ended = totals.all > totals.open
  const pausable = totals.open > 1 && of('pause').length > 0
  const resumable = totals.paused > 1
  if (!ended && !pausable && !resumable) return null
  return (
    <div className="tray-foot">
      {pausable ? (
        <Button size="compact-xs" variant="default" onClick={() => all('pause')}>
          Pause all
        </Button>
      ) : null}
      {resumable ? (
        <Button size="compact-xs" variant="default" onClick={() => all('resume')}>
          Go on with all
        </Button>
      ) : null}
      {ended ? (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            uploads.clear()
            void api.files.clearTransfers().catch(sayFailed('The list was not cleared'))
          }}
        >
          Clear ended
        </Button>
      ) : null}
    </div>
  )
}
