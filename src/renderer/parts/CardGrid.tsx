import { useVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import type { MachineView } from '../../shared/views.ts'
import { MachineCard } from './MachineCard.tsx'
import { useScroller, useScrollMargin } from './scroll.ts'

const minCardRem = 19
const gapRem = 0.9

function rootPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16
}

interface CardGridProps {
  readonly machines: readonly MachineView[]
  readonly onForget: (machine: MachineView) => void
}

/** Cards in as many columns as fit; only the rows in sight are drawn. */
export function CardGrid({ machines, onForget }: CardGridProps) {
  const wrap = useRef<HTMLDivElement>(null)
  const scroller = useScroller()
  const scrollMargin = useScrollMargin(wrap)
  const [columns, setColumns] = useState(1)
  useLayoutEffect(() => {
    const node = wrap.current
    if (node === null) return
    const measure = (): void => {
      const rem = rootPx()
      setColumns(Math.max(1, Math.floor((node.clientWidth + gapRem * rem) / ((minCardRem + gapRem) * rem))))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(node)
    return () => observer.disconnect()
  }, [])
  const virtual = useVirtualizer({
    count: Math.ceil(machines.length / columns),
    getScrollElement: () => scroller,
    estimateSize: () => 14.5 * rootPx(),
    gap: gapRem * rootPx(),
    // Every card beyond the edge is drawn anew with each of its changes, for nobody.
    overscan: 1,
    scrollMargin,
    useFlushSync: false,
  })
  return (
    <div ref={wrap} className="cards" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((row) => (
        <div
          key={row.index}
          ref={virtual.measureElement}
          data-index={row.index}
          className="cards-row"
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            transform: `translateY(${row.start - scrollMargin}px)`,
          }}
        >
          {machines.slice(row.index * columns, (row.index + 1) * columns).map((machine) => (
            <MachineCard key={machine.peer} machine={machine} onForget={onForget} />
          ))}
        </div>
      ))}
    </div>
  )
}
