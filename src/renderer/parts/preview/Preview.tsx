import { Button } from '@mantine/core'
import type { LogPreview } from '../../../shared/log-views.ts'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes } from '../../format.ts'
import type { PreviewState } from '../../state/use-preview.ts'
import { ProblemNote } from '../Problem.tsx'
import { Loading } from '../States.tsx'
import { ArchivePreview } from './ArchivePreview.tsx'
import { ImagePreview } from './ImagePreview.tsx'
import { MessagesPreview } from './MessagesPreview.tsx'
import { TablePreview } from './TablePreview.tsx'
import { TextPreview } from './TextPreview.tsx'

interface PreviewProps {
  readonly share: ShareView
  readonly preview: PreviewState
}

/** A look into a file, with what had to be read for it. */
export function Preview({ share, preview }: PreviewProps) {
  return (
    <section aria-label="Preview">
      <h3>Look inside</h3>
      <State share={share} preview={preview} />
    </section>
  )
}

function State({ share, preview }: PreviewProps) {
  switch (preview.phase) {
    case 'idle':
      return (
        <>
          <p className="dim">Nobody who holds it is heard now, and it is not here.</p>
          <Button size="compact-xs" variant="default" onClick={preview.load}>
            Try nevertheless
          </Button>
        </>
      )
    case 'loading':
      return (
        <>
          <p className="dim">
            {share.local
              ? 'Reading…'
              : `Reading what it takes of ${formatBytes(share.sizeBytes)} from those who hold it…`}
          </p>
          <Loading label="Looking inside" rows={3} />
        </>
      )
    case 'failed':
      return (
        <>
          <ProblemNote problem={preview.problem} />
          <Button size="compact-xs" variant="default" onClick={preview.load}>
            Try again
          </Button>
        </>
      )
    case 'ready':
      return (
        <>
          <Content share={share} preview={preview.value} />
          <p className="dim preview-read">{readWords(preview.value)}</p>
        </>
      )
  }
}

function readWords({ readBytes, sizeBytes }: LogPreview): string {
  if (readBytes >= sizeBytes) return `Read all of its ${formatBytes(sizeBytes)} for this.`
  return `Read ${formatBytes(readBytes)} of ${formatBytes(sizeBytes)} for this.`
}

function Content({ share, preview }: { readonly share: ShareView; readonly preview: LogPreview }) {
  switch (preview.kind) {
    case 'messages':
      return <MessagesPreview cid={share.cid} preview={preview} />
    case 'text':
      return <TextPreview preview={preview} />
    case 'table':
      return <TablePreview preview={preview} />
    case 'image':
      return <ImagePreview share={share} preview={preview} />
    case 'archive':
      return <ArchivePreview preview={preview} />
    case 'none':
      return <p className="dim">{preview.why}</p>
  }
}
