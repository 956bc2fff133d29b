import { Select } from '@mantine/core'
import { useState } from 'react'
import { isPeerId, type PeerId } from '../../../shared/ids.ts'
import { useStores } from '../../state/context.ts'

interface AuthorSelectProps {
  readonly author: PeerId | null
  readonly onChange: (author: PeerId | null) => void
}

/** So many are offered at once; typing finds the others. */
const maxOffered = 100

/** Whose records are shown. The list is made when it is opened, not while values move. */
export function AuthorSelect({ author, onChange }: AuthorSelectProps) {
  const { fleet } = useStores()
  const [machines, setMachines] = useState<readonly { readonly value: string; readonly label: string }[]>([])
  const read = (): void => {
    const live = fleet.store.getState()
    if (live.phase !== 'ready') return
    const found = [...live.items.values()].map(({ peer, name }) => ({ value: peer, label: name }))
    setMachines(found.sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true })))
  }
  return (
    <Select
      size="xs"
      w="11rem"
      aria-label="Author"
      placeholder="Any author"
      clearable
      searchable
      limit={maxOffered}
      nothingFoundMessage="No machine of that name"
      data={[...machines]}
      value={author}
      onDropdownOpen={read}
      onChange={(value) => onChange(value !== null && isPeerId(value) ? value : null)}
    />
  )
}
