import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { missingOf } from '../../state/file-query.ts'
import { FetchAllDialog } from './FetchAllDialog.tsx'

interface FetchMissingButtonProps {
  /** Of these, what is not here. */
  readonly shares: readonly ShareView[]
  /** What is fetched: `Fetch all shown`. How much that is stands behind it. */
  readonly words: string
  /** What is said when there are some and none is missing. */
  readonly none: string
}

/** Fetches what of some files is not here, once a person has seen how much that is. */
export function FetchMissingButton({ shares, words, none }: FetchMissingButtonProps) {
  const [open, setOpen] = useState(false)
  const missing = useMemo(() => missingOf(shares), [shares])
  const count = missing.shares.length
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={count === 0}
        leftSection={<IconDownload size={15} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {count > 0
          ? `${words} (${plural(count, 'file')}, ${formatBytes(missing.bytes)})`
          : shares.length > 0
            ? none
            : words}
      </Button>
      {open ? <FetchAllDialog shares={missing.shares} bytes={missing.bytes} onClose={() => setOpen(false)} /> : null}
    </>
  )
}
