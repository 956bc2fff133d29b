import { defaultFileSettings, type ArchiveView } from '../../../../shared/file-views.ts'
import type { ApiArchive } from '../api-peer.ts'

/** An archive that keeps nothing, and remembers what was to be rescued. */
export class MemoryArchive implements ApiArchive {
  readonly rescued: unknown[] = []

  view(): ArchiveView {
    const { archive, copies } = defaultFileSettings
    return { archive, copies, keptFiles: 0, keptBytes: 0, waitingFiles: 0, waitingBytes: 0, problem: null }
  }

  rescue(query: Parameters<ApiArchive['rescue']>[0]): ReturnType<ApiArchive['rescue']> {
    this.rescued.push(query)
    return { transfers: [], here: query.cids?.length ?? 0, more: 0 }
  }
}
