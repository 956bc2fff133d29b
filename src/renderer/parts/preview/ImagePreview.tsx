import { Button } from '@mantine/core'
import { useState } from 'react'
import type { LogPreview } from '../../../shared/log-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes } from '../../format.ts'
import { useStores } from '../../state/context.ts'

/** Drawn without asking; a larger picture of another peer is fetched as a whole when a person wants it. */
const drawnBytes = 20_000_000

interface ImagePreviewProps {
  readonly share: ShareView
  readonly preview: Extract<LogPreview, { kind: 'image' }>
}

/** A picture that was shared. */
export function ImagePreview({ share, preview }: ImagePreviewProps) {
  const { bridge } = useStores()
  const [wanted, setWanted] = useState(share.local || share.sizeBytes <= drawnBytes)
  const [broken, setBroken] = useState(false)
  const { widthPx, heightPx } = preview
  if (!wanted) {
    return (
      <Button size="compact-xs" variant="default" onClick={() => setWanted(true)}>
        Draw it ({formatBytes(share.sizeBytes)} to read)
      </Button>
    )
  }
  if (broken) return <p className="dim">This picture cannot be drawn here. Fetch it and open it in another program.</p>
  return (
    <img
      className="image-preview"
      src={bridge.imageUrl(share.cid)}
      alt={`${share.name}, ${widthPx} by ${heightPx} pixels`}
      style={{ aspectRatio: `${widthPx} / ${heightPx}` }}
      onError={() => setBroken(true)}
    />
  )
}
