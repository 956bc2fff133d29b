import { isAbsolute } from 'node:path'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { ShareView } from '../../../shared/views.ts'
import { maxNames, type FetchTarget } from './fetch-queue.ts'
import { fits, isBelow, type FileQuery } from './file-query.ts'
import { FolderOwners } from './folder-owners.ts'
import type { ShareBook } from './share-book.ts'

export interface FetchAllQuery extends FileQuery {
  /** These and no others, as far as they match. */
  readonly cids?: readonly Cid[] | undefined
}

/** Refuses what could only be begun. @throws SwarmError LIMIT_REACHED when fewer than so many files may wait */
export function mustFit(files: number, room: number): void {
  if (files <= room) return
  throw new SwarmError(
    'LIMIT_REACHED',
    `${files === 1 ? '1 file is' : `${files} files are`} meant, and ${room} more can wait to be fetched. Choose fewer, a sub-folder for one, or wait until others are here.`,
  )
}

/** Where many go. */
export type FolderTarget = Extract<FetchTarget, string> | { readonly folder: string }

export interface WantedFilesDeps {
  readonly listed: () => readonly ShareView[]
  readonly share: (cid: Cid) => ShareView | undefined
  readonly shares: Pick<ShareBook, 'said'>
  readonly nameOf: (peer: PeerId) => string
}

export interface WantedFile {
  readonly share: ShareView
  readonly to: FetchTarget
}

/**
 * What is to be fetched of all that match: what is not here. Of a folder that is to be written out all of it, also what is
 * here or bears the same content under several names, so that it comes out whole.
 * @param owners learns who shares what of a folder
 * @throws SwarmError INVALID_INPUT
 */
export function wantedFiles(
  deps: Omit<WantedFilesDeps, 'nameOf'>,
  query: FetchAllQuery,
  to: FolderTarget,
  owners?: FolderOwners,
): readonly WantedFile[] {
  if (typeof to === 'object' && !isAbsolute(to.folder)) {
    throw new SwarmError(
      'INVALID_INPUT',
      `"${to.folder}" is no whole path: say where the folder lies, from the root on.`,
    )
  }
  const { cids, folder, origin, ...rest } = query
  const shares = cids === undefined ? deps.listed() : [...new Set(cids)].flatMap((cid) => deps.share(cid) ?? [])
  if (folder === undefined) {
    return shares.filter((share) => !share.local && fits(share, query)).map((share) => ({ share, to }))
  }
  return shares.flatMap((share) => {
    if (!fits(share, rest) || (to === 'store' && share.local)) return []
    // The list shows each content under the first of its names, wherever that is.
    const said = deps.shares.said(share.cid).filter(({ author }) => origin === undefined || author === origin)
    const names = said.flatMap(({ author, value }) => {
      if (value.kind !== 'share' || !isBelow(value.name, folder)) return []
      owners?.add(author, share.cid, value.name)
      return value.name
    })
    const as = [...new Set(names)].sort().slice(0, maxNames)
    if (as.length === 0) return []
    if (to === 'store') return { share, to }
    return { share, to: { folder: to === 'downloads' ? null : to.folder, as } }
  })
}

/**
 * What a person asks for, and the files that it is now. Of a folder that is to be written out it says whose it is: another
 * that shares one of that name later is not meant.
 * @throws SwarmError INVALID_INPUT, also for a folder that several machines have, each with something of its own
 */
export function asked(
  deps: WantedFilesDeps,
  query: FetchAllQuery,
  to: FolderTarget,
): { readonly query: FetchAllQuery; readonly wanted: readonly WantedFile[] } {
  const owners = new FolderOwners()
  const wanted = wantedFiles(deps, query, to, owners)
  // In the store files lie side by side whatever they are called.
  if (query.folder === undefined || to === 'store') return { query, wanted }
  return { query: { ...query, origin: owners.mustBeOne(query.folder, deps.nameOf) }, wanted }
}

/** What a person reads of files that were asked for together. */
export function groupName({ origin, search, folder }: FileQuery, originName: string, count: number): string {
  if (folder !== undefined) return folder.replace(/\/+$/, '').slice(0, 200)
  const of = origin === undefined ? '' : ` of ${originName}`
  const words = search === undefined || search.trim() === '' ? '' : ` with "${search.trim()}"`
  return `${count} ${count === 1 ? 'file' : 'files'}${of}${words}`.slice(0, 200)
}
