import type { Look } from './looking.ts'
import type { LogInfo } from '../../../shared/log-views.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, factsFor, plain, sentence } from './recording-info.ts'
import type { Listed } from './archive-list.ts'
import { listGzip } from './archive-gzip.ts'
import { listTar } from './archive-tar.ts'
import { listZip } from './archive-zip.ts'

const maxNameLength = 400

/** What is in an archive by its own list. Nothing is unpacked but, of a compressed tar, as much as the list needs. */
export async function lookAtArchive(source: RangeSource): Promise<Look> {
  const head = await headOf(source, 2)
  const gzip = head[0] === 0x1f && head[1] === 0x8b
  const listed = gzip ? await listGzip(source) : head[0] === 0x50 ? await listZip(source) : await listTar(source)
  const entries = listed.entries.map(({ name, sizeBytes, folder }) => ({
    name: plain(name, maxNameLength),
    sizeBytes: Math.min(Math.max(0, sizeBytes), Number.MAX_SAFE_INTEGER),
    folder,
  }))
  return {
    kind: 'archive',
    info: infoOf(listed),
    entries,
    more: listed.count === null ? null : listed.count - entries.length,
  }
}

function infoOf({ kind, entries, count, problem }: Listed): LogInfo {
  return bareInfo('archive', {
    whole: problem === null,
    problem: problem === null ? null : sentence(problem),
    facts: factsFor([
      ['Kind', kind],
      ['Entries', count === null ? `more than ${entries.length}` : String(count)],
    ]),
  })
}
