import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, type CSSProperties, type ReactNode } from 'react'
import type { Sort } from '../state/prefs.ts'
import { useScroller, useScrollMargin } from './scroll.ts'

export interface Column<Item> {
  readonly key: string
  readonly label: string
  readonly widthRem: number
  readonly right?: boolean
  readonly sortable?: boolean
  /** Left out on narrow screens. */
  readonly minor?: boolean
  readonly cell: (item: Item) => ReactNode
}

interface DataTableProps<Item> {
  readonly label: string
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
  readonly idOf: (item: Item) => string
  readonly sort?: Sort
  readonly onSort?: (sort: Sort) => void
  readonly onOpen?: (item: Item) => void
  readonly chosenId?: string | null
  readonly isAged?: (item: Item) => boolean
  /** Called when the last rows come into sight: the next page is wanted. */
  readonly onEnd?: () => void
}

/** One row's height before it is measured, in pixels at 16 px a rem. */
const rowPx = 42

/** A real table of which only the rows in sight are drawn: a thousand cost as much as thirty. */
export function DataTable<Item>(props: DataTableProps<Item>) {
  const { label, columns, items, idOf, sort, onSort, onOpen, chosenId, isAged, onEnd } = props
  const wrap = useRef<HTMLDivElement>(null)
  const scroller = useScroller()
  const scrollMargin = useScrollMargin(wrap)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowPx,
    overscan: 10,
    scrollMargin,
    useFlushSync: false,
    getItemKey: (index) => {
      const item = items[index]
      return item === undefined ? index : idOf(item)
    },
  })
  const rows = virtual.getVirtualItems()
  const lastSeen = rows.at(-1)?.index ?? -1
  useEffect(() => {
    if (lastSeen >= items.length - 1 && items.length > 0) onEnd?.()
  }, [lastSeen, items.length, onEnd])
  const beforePx = rows[0] === undefined ? 0 : rows[0].start - scrollMargin
  const afterPx = rows.length === 0 ? 0 : virtual.getTotalSize() - ((rows.at(-1)?.end ?? 0) - scrollMargin)
  const widthRem = widthOf(columns)
  const widths = {
    '--wide': `${widthRem * 0.85}rem`,
    '--narrow': `${widthOf(columns.filter((column) => column.minor !== true)) * 0.85}rem`,
  } as CSSProperties
  return (
    <div className="table-wrap" ref={wrap}>
      <table className="table" aria-label={label} aria-rowcount={items.length + 1} style={widths}>
        <colgroup>
          {columns.map((column) => (
            <col
              key={column.key}
              data-minor={column.minor}
              style={{ width: `${(column.widthRem / widthRem) * 100}%` }}
            />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Space heightPx={beforePx} />
          {rows.map((row) => {
            const item = items[row.index]
            if (item === undefined) return null
            return (
              <Row
                key={row.key}
                index={row.index}
                item={item}
                columns={columns}
                chosen={chosenId === idOf(item)}
                aged={isAged?.(item) ?? false}
                measure={virtual.measureElement}
                onOpen={onOpen}
              />
            )
          })}
          <Space heightPx={afterPx} />
        </tbody>
      </table>
    </div>
  )
}

function widthOf<Item>(columns: readonly Column<Item>[]): number {
  return columns.reduce((sum, column) => sum + column.widthRem, 0)
}

/** Stands for the rows out of sight. */
function Space({ heightPx }: { readonly heightPx: number }) {
  return heightPx <= 0 ? null : <tr aria-hidden style={{ height: heightPx }} />
}

interface HeadProps<Item> {
  readonly column: Column<Item>
  readonly sort: Sort | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
}

function Head<Item>({ column, sort, onSort }: HeadProps<Item>) {
  const { key, label, right = false, sortable = true, minor } = column
  if (onSort === undefined || !sortable) {
    return (
      <th scope="col" data-right={right} data-minor={minor}>
        <span>{label === '' ? <span className="sr-only">Actions</span> : label}</span>
      </th>
    )
  }
  const on = sort?.by === key
  const down = on && sort.down
  return (
    <th
      scope="col"
      data-right={right}
      data-minor={minor}
      aria-sort={on ? (down ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" onClick={() => onSort({ by: key, down: on ? !down : false })}>
        {label}
        {on ? down ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden /> : null}
      </button>
    </th>
  )
}

interface RowProps<Item> {
  readonly index: number
  readonly item: Item
  readonly columns: readonly Column<Item>[]
  readonly chosen: boolean
  readonly aged: boolean
  readonly measure: (node: HTMLTableRowElement | null) => void
  readonly onOpen: ((item: Item) => void) | undefined
}

function PlainRow<Item>({ index, item, columns, chosen, aged, measure, onOpen }: RowProps<Item>) {
  return (
    <tr
      ref={measure}
      data-index={index}
      data-row
      data-chosen={chosen}
      data-aged={aged}
      aria-rowindex={index + 2}
      style={onOpen === undefined ? undefined : { cursor: 'pointer' }}
      onClick={(event) => {
        // Links and buttons inside the row do their own work.
        if (event.target instanceof Element && event.target.closest('a, button, input') !== null) return
        onOpen?.(item)
      }}
    >
      {columns.map((column) => (
        <td key={column.key} data-right={column.right} data-minor={column.minor}>
          {column.cell(item)}
        </td>
      ))}
    </tr>
  )
}

const Row = memo(PlainRow) as typeof PlainRow
