import type { Bandwidth, StorageView } from '../../../shared/file-views.ts'
import { formatBytes, formatRate, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { Asked } from '../Asked.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** Asked so often while it is looked at: a fetch fills it, and Kubo comes and goes. */
const askEveryMs = 5_000

/** How the bytes are kept, how much room they take and what is left. */
export function StoragePanel() {
  const { storage } = useStores()
  return (
    <section className="panel" aria-label="Storage">
      <h2>Storage</h2>
      <Asked of={storage} everyMs={askEveryMs} failed="It could not be read" loading="Loading the storage" rows={3}>
        {(view) => <Figures view={view} />}
      </Asked>
    </section>
  )
}

function Figures({ view }: { readonly view: StorageView }) {
  const { store, problem, version, usedBytes, quotaBytes, keptFiles, keptBytes, freeBytes, bandwidth } = view
  return (
    <div className="stack">
      <p>
        <LevelMark level={problem === null ? 'ok' : 'act'} />{' '}
        {store.kind === 'embedded' ? 'Kept by dt-swarm itself' : `Kept by Kubo${version === null ? '' : ` ${version}`}`}
        {store.kind === 'kubo' ? <span className="dim mono"> {store.url}</span> : null}
      </p>
      {problem === null ? null : (
        <p className="level-act" role="alert">
          {problem}
        </p>
      )}
      <StorageBar view={view} />
      <dl className="facts">
        <dt>Takes</dt>
        <dd>
          {formatBytes(usedBytes)}
          {quotaBytes === null ? '' : ` of the ${formatBytes(quotaBytes)} allowed`}
        </dd>
        <dt>Not removed</dt>
        <dd>
          {formatBytes(keptBytes)}{' '}
          <span className="dim">in {plural(keptFiles, 'file')}: shared, kept or on their way</span>
        </dd>
        <dt>Free on the disk</dt>
        <dd>{freeBytes === null ? <span className="dim">cannot be told</span> : formatBytes(freeBytes)}</dd>
        <dt>Limits now</dt>
        <dd>{limitWords(bandwidth)}</dd>
      </dl>
    </div>
  )
}

/** Kept, removable, and what is left: of the quota, or of the disk. */
function StorageBar({ view }: { readonly view: StorageView }) {
  const { usedBytes, keptBytes, quotaBytes, freeBytes } = view
  const room = quotaBytes === null ? (freeBytes ?? 0) : Math.max(0, quotaBytes - usedBytes)
  const total = usedBytes + room
  if (total <= 0) return null
  const kept = Math.min(keptBytes, usedBytes)
  const percent = (bytes: number): string => `${((bytes / total) * 100).toFixed(2)}%`
  return (
    <figure className="storage" aria-label="Room">
      <div className="storage-bar" data-full={quotaBytes !== null && usedBytes >= quotaBytes}>
        <span data-part="kept" style={{ width: percent(kept) }} />
        <span data-part="spare" style={{ width: percent(usedBytes - kept) }} />
      </div>
      <figcaption className="dim">
        <span>
          <i data-part="kept" aria-hidden /> not removed {formatBytes(kept)}
        </span>
        <span>
          <i data-part="spare" aria-hidden /> removed when room is needed {formatBytes(usedBytes - kept)}
        </span>
        <span>
          <i aria-hidden /> {quotaBytes === null ? 'free' : 'left of the quota'} {formatBytes(room)}
        </span>
      </figcaption>
    </figure>
  )
}

function limitWords({ downBytesPerS, upBytesPerS }: Bandwidth): string {
  const down = downBytesPerS === null ? 'down without limit' : `down ${formatRate(downBytesPerS)}`
  const up = upBytesPerS === null ? 'up without limit' : `up ${formatRate(upBytesPerS)}`
  return downBytesPerS === null && upBytesPerS === null ? 'none' : `${down}, ${up}`
}
