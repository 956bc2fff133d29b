import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import type { ShareView } from '../../shared/views.ts'
import { useStores } from '../state/context.ts'
import { sayFailed } from './SharedDrop.tsx'

interface FetchButtonProps {
  readonly share: ShareView
  readonly compact?: boolean
  readonly to?: 'downloads' | 'ask'
}

/** Fetches a file from whoever has it; how far it is, the tray says. */
export function FetchButton({ share, compact = false, to = 'downloads' }: FetchButtonProps) {
  const { bridge } = useStores()
  const [busy, setBusy] = useState(false)
  const act = async (): Promise<void> => {
    setBusy(true)
    try {
      await bridge.api.files.fetch({ cid: share.cid, to })
    } catch (error) {
      sayFailed(`${share.name} was not fetched`)(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button
      size={compact ? 'compact-xs' : 'xs'}
      variant="default"
      loading={busy}
      {...(compact ? {} : { leftSection: <IconDownload size={15} aria-hidden /> })}
      {...(share.local && to === 'downloads' ? { title: 'Writes a copy of it into the download folder' } : {})}
      onClick={() => void act()}
    >
      {to === 'ask' ? 'Save as…' : share.local ? 'To downloads' : 'Fetch'}
      {compact ? <span className="sr-only">&nbsp;{share.name}</span> : null}
    </Button>
  )
}
