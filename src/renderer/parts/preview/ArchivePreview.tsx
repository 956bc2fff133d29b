import { IconFile, IconFolder } from '@tabler/icons-react'
import type { LogPreview } from '../../../shared/log-views.ts'
import { formatBytes, plural } from '../../format.ts'
import { FileName } from '../FileName.tsx'
import { ScrollBox } from './ScrollBox.tsx'

/** More lines than these nobody reads in a panel. */
const maxShown = 200

/** What is in an archive. */
export function ArchivePreview({ preview }: { readonly preview: Extract<LogPreview, { kind: 'archive' }> }) {
  const { entries, more } = preview
  const beyond = Math.max(0, entries.length - maxShown) + (more ?? 0)
  if (entries.length === 0) return <p className="dim">Nothing is in it.</p>
  return (
    <>
      <ScrollBox className="entries" label="What is in it">
        <ul>
          {entries.slice(0, maxShown).map((entry, i) => (
            <li key={`${i} ${entry.name}`}>
              {entry.folder ? <IconFolder className="icon" aria-hidden /> : <IconFile className="icon" aria-hidden />}
              <FileName name={entry.name} />
              <span className="dim">{entry.folder ? '' : formatBytes(entry.sizeBytes)}</span>
            </li>
          ))}
        </ul>
      </ScrollBox>
      {beyond > 0 ? <p className="dim">and {plural(beyond, 'entry', 'entries')} more</p> : null}
      {more === null ? <p className="dim">There may be more: it was not read to its end.</p> : null}
    </>
  )
}
