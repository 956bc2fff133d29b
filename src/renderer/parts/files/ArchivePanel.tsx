import type { ArchiveView } from '../../../shared/file-views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useNameOf } from '../../state/use-name-of.ts'
import { Asked } from '../Asked.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** Asked so often while it is looked at: an archive that was just turned on fills. */
const askEveryMs = 5_000

/** What is kept here for the swarm, and how far it is. */
export function ArchivePanel() {
  const { archive } = useStores()
  return (
    <section className="panel" aria-label="Archive">
      <h2>Archive</h2>
      <Asked of={archive} everyMs={askEveryMs} failed="It could not be read" loading="Loading the archive" rows={2}>
        {(view) => <Figures view={view} />}
      </Asked>
    </section>
  )
}

function Figures({ view }: { readonly view: ArchiveView }) {
  const { archive, copies, keptFiles, keptBytes, waitingFiles, waitingBytes, problem } = view
  const nameOf = useNameOf()
  return (
    <div className="stack">
      <p>
        <LevelMark level={problem === null ? 'ok' : 'act'} /> {archiveWords(archive, nameOf)}
        {copies > 1 ? `; ${copies} copies of each file` : ''}
      </p>
      {problem === null ? null : (
        <p className="level-act" role="alert">
          {problem}
        </p>
      )}
      <dl className="facts">
        <dt>Kept for good</dt>
        <dd>
          {plural(keptFiles, 'file')}, {formatBytes(keptBytes)}
        </dd>
        {waitingFiles === 0 ? null : (
          <>
            <dt>To come</dt>
            <dd>
              {plural(waitingFiles, 'file')}, {formatBytes(waitingBytes)}
            </dd>
          </>
        )}
      </dl>
    </div>
  )
}

function archiveWords(archive: ArchiveView['archive'], nameOf: (peer: string) => string): string {
  if (archive.kind === 'off') return 'Keeps what a person here keeps'
  if (archive.kind === 'all') return 'Keeps all that is shared'
  const { origin, search, topic } = archive
  const parts = [
    ...(origin === null ? [] : [`of ${nameOf(origin)}`]),
    ...(search === null ? [] : [`with “${search}”`]),
    ...(topic === null ? [] : [`with the topic ${topic}`]),
  ]
  return `Keeps what is shared ${parts.join(', ')}`
}
