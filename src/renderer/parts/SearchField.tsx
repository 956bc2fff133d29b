import { CloseButton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'

interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A page's own search; `/` comes here. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <TextInput
      className="toolbar-search"
      size="xs"
      type="search"
      data-page-search
      aria-label={label}
      placeholder={`${label}  ( / )`}
      value={value}
      maxLength={200}
      onChange={(event) => onChange(event.currentTarget.value)}
      leftSection={<IconSearch size={14} aria-hidden />}
      rightSection={
        value === '' ? null : <CloseButton size="xs" aria-label="Clear the search" onClick={() => onChange('')} />
      }
    />
  )
}
