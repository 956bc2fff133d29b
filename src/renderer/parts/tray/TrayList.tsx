import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { TrayRow } from '../../state/tray.ts'
import { GroupRow } from './GroupRow.tsx'
import { TransferRow } from './TransferRow.tsx'
import { UploadRow } from './UploadRow.tsx'

/** A running transfer's height before it is measured, at 16 px a rem. */
const rowPx = 74

interface TrayListProps {
  readonly rows: readonly TrayRow[]
  readonly opened: ReadonlySet<string>
  readonly onToggle: (group: string) => void
}

/** The lines of the open tray; of thousands only those in sight are drawn. */
export function TrayList({ rows, opened, onToggle }: TrayListProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 4,
    useFlushSync: false,
    getItemKey: (index) => rows[index]?.key ?? index,
  })
  return (
    <div className="tray-list" ref={scroller}>
      <ul style={{ position: 'relative', height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <li
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              className="tray-item"
              style={{ transform: `translateY(${start}px)` }}
            >
              {row.kind === 'group' ? (
                <GroupRow group={row.group} open={opened.has(row.group.id)} onToggle={() => onToggle(row.group.id)} />
              ) : null}
              {row.kind === 'transfer' ? <TransferRow transfer={row.transfer} inGroup={row.inGroup} /> : null}
              {row.kind === 'upload' ? <UploadRow upload={row.upload} inGroup={row.inGroup} /> : null}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
