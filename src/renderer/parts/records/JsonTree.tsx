import { plural, shortId } from '../../format.ts'
import { CopyIcon } from '../Copy.tsx'

/** A record has at most 64 KiB; of one list or map so many entries are drawn. */
const maxEntries = 500
const maxDepth = 24

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** DAG-JSON's forms: a link is `{"/": "CID"}`, bytes are `{"/": {"bytes": "base64"}}`. */
function special(value: Readonly<Record<string, unknown>>): { kind: 'link' | 'bytes'; text: string } | null {
  if (Object.keys(value).length !== 1 || !('/' in value)) return null
  const inner = value['/']
  if (typeof inner === 'string') return { kind: 'link', text: inner }
  if (isMap(inner) && typeof inner['bytes'] === 'string') return { kind: 'bytes', text: inner['bytes'] }
  return null
}

/** How many bytes a base64 text stands for. */
function bytesOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
}

/** A value as a tree that opens and closes. */
export function JsonTree({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <div className="tree mono" role="group" aria-label={label}>
      <Node value={value} depth={0} />
    </div>
  )
}

function Node({ value, depth }: { readonly value: unknown; readonly depth: number }) {
  if (value === null) return <span className="dim">null</span>
  if (typeof value === 'string') return <span className="tree-text">“{value}”</span>
  if (typeof value === 'number' || typeof value === 'boolean')
    return <span className="tree-plain">{String(value)}</span>
  if (depth >= maxDepth) return <span className="dim">deeper than is drawn</span>
  if (Array.isArray(value)) {
    return <Entries entries={value.map((item, i) => [String(i), item] as const)} depth={depth} />
  }
  if (!isMap(value)) return <span className="dim">nothing</span>
  const form = special(value)
  if (form?.kind === 'link') {
    return (
      <span>
        <span className="dim">link</span> <span title={form.text}>{shortId(form.text)}</span>{' '}
        <CopyIcon text={form.text} label="Copy link" />
      </span>
    )
  }
  if (form?.kind === 'bytes') {
    return (
      <span>
        <span className="dim">{bytesOf(form.text)} bytes</span>{' '}
        <span className="tree-text" title={form.text}>
          {form.text.length > 24 ? `${form.text.slice(0, 24)}…` : form.text}
        </span>{' '}
        <CopyIcon text={form.text} label="Copy bytes, in base64" />
      </span>
    )
  }
  return <Entries entries={Object.entries(value)} depth={depth} />
}

interface EntriesProps {
  readonly entries: readonly (readonly [string, unknown])[]
  readonly depth: number
}

function isDeep(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isMap(value) && special(value) === null && Object.keys(value).length > 0
}

function Entries({ entries, depth }: EntriesProps) {
  if (entries.length === 0) return <span className="dim">empty</span>
  return (
    <ul className="tree-list">
      {entries.slice(0, maxEntries).map(([key, value]) => (
        <li key={key}>
          {isDeep(value) ? (
            <details open={depth < 2}>
              <summary>
                <span className="tree-key">{key}</span>{' '}
                <span className="dim">{Array.isArray(value) ? plural(value.length, 'item') : ''}</span>
              </summary>
              <Node value={value} depth={depth + 1} />
            </details>
          ) : (
            <>
              <span className="tree-key">{key}</span> <Node value={value} depth={depth + 1} />
            </>
          )}
        </li>
      ))}
      {entries.length > maxEntries ? <li className="dim">and {entries.length - maxEntries} more</li> : null}
    </ul>
  )
}
