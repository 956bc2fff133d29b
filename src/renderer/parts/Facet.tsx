import { Checkbox, Popover, TextInput } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'

interface FacetOption {
  readonly value: string
  readonly count: number
}

interface FacetProps {
  readonly label: string
  readonly options: readonly FacetOption[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** A list longer than this has a search of its own, and draws only its beginning. */
const manyOptions = 14
const maxDrawn = 100

/** A filter chip that opens a list of values with their counts. */
export function Facet({ label, options, chosen, onChange }: FacetProps) {
  const said = chosen.length === 0 ? 'all' : chosen.length === 1 ? chosen[0] : `${chosen.length} chosen`
  return (
    <Popover position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <button type="button" className="facet" data-on={chosen.length > 0} title={chosen.join(', ')}>
          <span className="facet-said">
            {label}: {said}
          </span>{' '}
          <IconChevronDown size={13} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown className="facet-drop" aria-label={`Filter by ${label.toLowerCase()}`}>
        <Values label={label} options={options} chosen={chosen} onChange={onChange} />
      </Popover.Dropdown>
    </Popover>
  )
}

function Values({ label, options, chosen, onChange }: FacetProps) {
  const [search, setSearch] = useState('')
  const all = [
    ...options,
    ...chosen.filter((v) => !options.some((o) => o.value === v)).map((value) => ({ value, count: 0 })),
  ]
  const words = search.trim().toLowerCase()
  const matching = all.filter(({ value }) => words === '' || value.toLowerCase().includes(words))
  return (
    <>
      {all.length > manyOptions ? (
        <TextInput
          size="xs"
          mb="xs"
          type="search"
          aria-label={`Find a ${label.toLowerCase()}`}
          placeholder={`Find among ${all.length}`}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      ) : null}
      <Checkbox.Group value={[...chosen]} onChange={onChange} aria-label={label}>
        {matching.slice(0, maxDrawn).map(({ value, count }) => (
          <Checkbox key={value} size="xs" value={value} label={`${value} (${count})`} py={4} />
        ))}
      </Checkbox.Group>
      {all.length === 0 ? <span className="dim">Nothing to choose from.</span> : null}
      {matching.length > maxDrawn ? <span className="dim">and {matching.length - maxDrawn} more: search</span> : null}
    </>
  )
}
