import type { Cid } from '../../../shared/ids.ts'
import type { EvidenceView, ShareView } from '../../../shared/views.ts'
import type { FileFinder } from './file-finder.ts'
import { fits, type FileQuery } from './file-query.ts'
import type { Here, ShareBook } from './share-book.ts'

export interface ShareListDeps {
  readonly book: Pick<ShareBook, 'list' | 'view' | 'cids' | 'evidence' | 'ownNamed'>
  readonly finder: Pick<FileFinder, 'isShown'>
  readonly here: Here
}

/** What the swarm shares, as a person of this peer sees it: of file channels only those that this peer has joined. */
export class ShareList {
  readonly #deps: ShareListDeps

  constructor(deps: ShareListDeps) {
    this.#deps = deps
  }

  /** Newest first. */
  all(): readonly ShareView[] {
    const { book, finder, here } = this.#deps
    return book.list(here).filter((share) => finder.isShown(share))
  }

  /** Of all that records tell of; some are not shown. */
  cids(): Iterable<Cid> {
    return this.#deps.book.cids()
  }

  get(cid: Cid): ShareView | undefined {
    const { book, finder, here } = this.#deps
    const share = book.view(cid, here)
    return share !== undefined && finder.isShown(share) ? share : undefined
  }

  /** Why one of them is shown. */
  evidence(cid: Cid): readonly EvidenceView[] {
    return this.#deps.book.evidence(cid)
  }

  /** What this peer shares under a name. */
  own(name: string): Cid | undefined {
    return this.#deps.book.ownNamed(name)[0]?.cid
  }

  /** Those that are meant, newest first. */
  matching(query: FileQuery): readonly ShareView[] {
    return this.all().filter((share) => fits(share, query))
  }
}
