import type { LogPreview } from '../../../shared/log-views.ts'
import { ScrollBox } from './ScrollBox.tsx'

/** Begin and end of a text. */
export function TextPreview({ preview }: { readonly preview: Extract<LogPreview, { kind: 'text' }> }) {
  const { head, tail } = preview
  if (head === '' && tail === null) return <p className="dim">It is empty.</p>
  return (
    <>
      <ScrollBox className="text-part" label={tail === null ? 'Text' : 'First lines'}>
        <pre dir="auto">{head}</pre>
      </ScrollBox>
      {tail === null ? null : (
        <>
          <p className="dim text-between">… and at its end</p>
          <ScrollBox className="text-part" label="Last lines">
            <pre dir="auto">{tail}</pre>
          </ScrollBox>
        </>
      )}
    </>
  )
}
