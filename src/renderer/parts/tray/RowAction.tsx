import { ActionIcon } from '@mantine/core'
import type { ReactNode } from 'react'

interface RowActionProps {
  /** What it does, and to what: "Cancel drive-1.mcap". */
  readonly label: string
  readonly onClick: () => void
  readonly children: ReactNode
}

/** One small button at the end of a line of the tray. */
export function RowAction({ label, onClick, children }: RowActionProps) {
  return (
    <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} title={label} onClick={onClick}>
      {children}
    </ActionIcon>
  )
}
