import { Button } from '@mantine/core'
import { IconRss } from '@tabler/icons-react'
import { useState } from 'react'
import type { Followable } from '../../state/file-query.ts'
import { FollowDialog } from './FollowDialog.tsx'

interface FollowButtonProps {
  readonly words: string
  /** What of the page can be followed, when it is asked for. */
  readonly followable: () => Followable
}

/** Fetches from now on what matches, once a person has seen what that means. */
export function FollowButton({ words, followable }: FollowButtonProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconRss size={15} aria-hidden />} onClick={() => setOpen(true)}>
        {words}
      </Button>
      {open ? <FollowDialog followable={followable()} onClose={() => setOpen(false)} /> : null}
    </>
  )
}
