import type { LogPreview } from '../../../shared/log-views.ts'

/** Begin and end of a text. */
export function TextPreview({ preview }: { readonly preview: Extract<LogPreview, { kind: 'text' }> }) {
  const { head, tail } = preview
  if (head === '' && tail === null) return <p className="dim">It is empty.</p>
  return (
    <>
      <pre className="text-part" tabIndex={0} aria-label={tail === null ? 'Text' : 'First lines'} dir="auto">
        {head}
      </pre>
      {tail === null ? null : (
        <>
          <p className="dim text-between">… and at its end</p>
          <pre className="text-part" tabIndex={0} aria-label="Last lines" dir="auto">
            {tail}
          </pre>
        </>
      )}
    </>
  )
}
