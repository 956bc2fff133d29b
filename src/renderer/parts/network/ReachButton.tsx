import { Button } from '@mantine/core'
import { useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import { ReachDialog } from './ReachDialog.tsx'

interface ReachButtonProps {
  readonly peer: PeerId
  readonly name: string
  readonly size?: 'compact-xs' | 'xs'
}

/** Opens the ping and the text of a peer. */
export function ReachButton({ peer, name, size = 'compact-xs' }: ReachButtonProps) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button size={size} variant="default" aria-label={`Ping, text ${name}…`} onClick={() => setOpened(true)}>
        Ping, text…
      </Button>
      {opened ? <ReachDialog peer={peer} name={name} onClose={() => setOpened(false)} /> : null}
    </>
  )
}
