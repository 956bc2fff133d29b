import { Button } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconTransfer } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { plural } from '../format.ts'
import { useStores } from '../state/context.ts'
import { isEnded, overallPercent, trayTransfers } from '../state/select-files.ts'
import { useInfo } from '../state/use-info.ts'
import { sayFailed } from './SharedDrop.tsx'
import { TransferRow, UploadRow } from './TransferRow.tsx'

/** Rows of each kind that the open tray draws. */
const maxShown = 100

/** Shares and fetches, bottom right: a small pill that opens. Not there when there is nothing to say. */
export function Tray() {
  const { transfers, uploads, bridge } = useStores()
  const live = useStore(transfers.store)
  const sending = useStore(uploads.store)
  const info = useInfo()
  const [open, setOpen] = useState(false)
  const rows = useMemo(
    () => (live.phase === 'ready' ? trayTransfers(live.items.values(), sending.values()) : []),
    [live, sending],
  )
  // Those on their way come before those that wait: a dropped folder brings thousands.
  const uploading = useMemo(
    () => [...sending.values()].sort((a, b) => Number(a.state === 'waiting') - Number(b.state === 'waiting')),
    [sending],
  )
  if (rows.length + sending.size === 0) return null
  const running =
    rows.filter((row) => !isEnded(row)).length + [...sending.values()].filter((one) => one.state !== 'failed').length
  const failed =
    rows.filter((row) => row.state === 'failed').length +
    sending.size -
    [...sending.values()].filter((one) => one.state !== 'failed').length
  const percent = overallPercent(rows, sending.values())
  const title =
    running > 0
      ? `${plural(running, 'transfer')}${percent === null ? '' : ` · ${Math.floor(percent)} %`}`
      : failed > 0
        ? `${plural(failed, 'transfer')} failed`
        : `${plural(rows.length, 'transfer')} done`
  const hidden = Math.max(0, rows.length - maxShown) + Math.max(0, uploading.length - maxShown)
  const { api } = bridge
  return (
    <section className="tray" data-open={open} aria-label="Transfers">
      <button type="button" className="tray-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconTransfer size={16} aria-hidden />
        <span className={running === 0 && failed > 0 ? 'level-act' : ''}>{title}</span>
        <span style={{ marginLeft: 'auto' }}>
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronUp size={16} aria-hidden />}
        </span>
      </button>
      {open ? (
        <>
          <ul className="tray-list">
            {uploading.slice(0, maxShown).map((upload) => (
              <UploadRow key={upload.id} upload={upload} onCancel={() => uploads.cancel(upload.id)} />
            ))}
            {rows.slice(0, maxShown).map((transfer) => (
              <TransferRow
                key={transfer.id}
                transfer={transfer}
                onCancel={() =>
                  void api.files.cancel({ id: transfer.id }).catch(sayFailed(`${transfer.name} was not cancelled`))
                }
                onOpenFolder={
                  info?.can.openFolder === true
                    ? () => void api.files.openFolder({ id: transfer.id }).catch(sayFailed('The folder did not open'))
                    : null
                }
              />
            ))}
            {hidden > 0 ? <li className="tray-row dim">and {plural(hidden, 'more transfer')}</li> : null}
          </ul>
          {rows.some(isEnded) || failed > 0 ? (
            <div style={{ padding: '0.5rem 0.9rem', borderTop: '1px solid var(--line)' }}>
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
            </div>
          ) : null}
        </>
      ) : null}
    </section>
  )
}
