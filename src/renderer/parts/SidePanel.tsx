import { CloseButton, Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'

/** There is room for a panel beside the list; else it lies over it. */
export function useSideRoom(): boolean {
  return useMediaQuery('(min-width: 75em)', true)
}

interface SidePanelProps {
  /** Names the panel for those who hear the page. */
  readonly label: string
  /** What stands at its head; the label where nothing else is given. */
  readonly title?: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
}

/** One thing of a list: beside it, or over it where the window is narrow. */
export function SidePanel({ label, title = label, onClose, children }: SidePanelProps) {
  if (useSideRoom()) {
    return (
      <aside className="panel side" aria-label={label}>
        <div className="side-head">
          <h2>{title}</h2>
          <CloseButton size="sm" aria-label="Close" onClick={onClose} />
        </div>
        {children}
      </aside>
    )
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={title}
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.3 }}
      styles={{ title: { overflowWrap: 'anywhere', lineHeight: 1.3 } }}
    >
      <div className="side-body">{children}</div>
    </Drawer>
  )
}
