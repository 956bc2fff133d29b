import { Checkbox, Popover } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'

interface FacetProps {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly count: number }[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** A filter chip that opens a list of values with their counts. */
export function Facet({ label, options, chosen, onChange }: FacetProps) {
  const shown = [
    ...options,
    ...chosen.filter((v) => !options.some((o) => o.value === v)).map((value) => ({ value, count: 0 })),
  ]
  const said = chosen.length === 0 ? 'all' : chosen.length === 1 ? chosen[0] : `${chosen.length} chosen`
  return (
    <Popover position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <button type="button" className="facet" data-on={chosen.length > 0}>
          {label}: {said} <IconChevronDown size={13} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown className="facet-drop" aria-label={`Filter by ${label.toLowerCase()}`}>
        <Checkbox.Group value={[...chosen]} onChange={onChange} aria-label={label}>
          {shown.map(({ value, count }) => (
            <Checkbox key={value} size="xs" value={value} label={`${value} (${count})`} py={4} />
          ))}
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  )
}
