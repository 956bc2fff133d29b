import { useMemo } from 'react'
import type { ShareView } from '../../../shared/views.ts'
import { countBy } from '../../state/select-fleet.ts'
import { audienceOf, fileKind, marksOf, type FilesFilter } from '../../state/select-files.ts'
import { Choice } from '../Choice.tsx'
import { Facet } from '../Facet.tsx'
import { SearchField } from '../SearchField.tsx'

const times = [
  { value: '0', label: 'Any time' },
  { value: '3600000', label: 'Last hour' },
  { value: '86400000', label: 'Last 24 h' },
  { value: '604800000', label: 'Last 7 d' },
]

const sizes = [
  { value: '0', label: 'Any size' },
  { value: '1000000', label: 'Over 1 MB' },
  { value: '100000000', label: 'Over 100 MB' },
  { value: '1000000000', label: 'Over 1 GB' },
]

interface Option {
  readonly value: string
  readonly count: number
}

/** What stands in several of a file's values at once: topics, marks. */
function countAll(shares: Iterable<ShareView>, valuesOf: (share: ShareView) => readonly string[]): readonly Option[] {
  const counts = new Map<string, number>()
  for (const share of shares) for (const value of valuesOf(share)) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
}

const topicsOf = (share: ShareView): readonly string[] => (share.log?.topics ?? []).map((topic) => topic.name)

interface LogsToolbarProps {
  readonly shares: ReadonlyMap<string, ShareView>
  readonly filter: FilesFilter
  readonly onFilter: (filter: FilesFilter) => void
}

/** Search and facets of the swarm's files. */
export function LogsToolbar({ shares, filter, onFilter }: LogsToolbarProps) {
  const facets = useMemo(() => {
    const all = [...shares.values()]
    return {
      origins: countBy(all, (share) => share.originName),
      types: countBy(all, fileKind),
      topics: countAll(all, topicsOf),
      channels: countAll(all, audienceOf),
      marks: countAll(all, marksOf),
    }
  }, [shares])
  const put = (change: Partial<FilesFilter>): void => onFilter({ ...filter, ...change })
  return (
    <search className="toolbar" aria-label="Filter the files">
      <SearchField label="Search files" value={filter.search} onChange={(search) => put({ search })} />
      <Facet label="Robot" options={facets.origins} chosen={filter.origins} onChange={(origins) => put({ origins })} />
      {facets.topics.length > 0 || filter.topics.length > 0 ? (
        <Facet label="Topic" options={facets.topics} chosen={filter.topics} onChange={(topics) => put({ topics })} />
      ) : null}
      <Facet label="Type" options={facets.types} chosen={filter.types} onChange={(types) => put({ types })} />
      {facets.channels.length > 1 || filter.channels.length > 0 ? (
        <Facet
          label="Channel"
          options={facets.channels}
          chosen={filter.channels}
          onChange={(channels) => put({ channels })}
        />
      ) : null}
      <Facet label="Copies" options={facets.marks} chosen={filter.marks} onChange={(marks) => put({ marks })} />
      <Choice
        w="7.5rem"
        aria-label="Time"
        data={times}
        value={String(filter.withinMs ?? 0)}
        onChange={(value) => put({ withinMs: value === null || value === '0' ? null : Number(value) })}
      />
      <Choice
        w="8rem"
        aria-label="Size"
        data={sizes}
        value={String(filter.minBytes)}
        onChange={(value) => put({ minBytes: Number(value ?? 0) })}
      />
    </search>
  )
}
