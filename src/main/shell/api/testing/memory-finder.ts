import { SwarmError } from '../../../../shared/errors.ts'
import type { FoundView } from '../../../../shared/file-views.ts'
import type { Cid } from '../../../../shared/ids.ts'
import type { ShareView } from '../../../../shared/views.ts'
import { formatUri, parseUri } from '../../../service/files/uri.ts'
import type { ApiFiles } from '../api-peer.ts'

export interface MemoryFinderDeps {
  readonly shares: () => readonly ShareView[]
  /** SHA-1s that were found wrong. */
  readonly disproved: string[]
}

/** Finds what is put in, whether what a test says of it is true or not; a channel has whoever joins it. */
export function memoryFinder({ shares, disproved }: MemoryFinderDeps): ApiFiles['finder'] {
  const joined = new Set<string>()
  const bySha1 = (sha1: string): Cid | undefined =>
    shares().find((share) => share.sha1 === sha1 && !disproved.includes(sha1))?.cid

  const find = (text: string, channel: string | undefined): FoundView => {
    const uri = parseUri(text)
    if (channel !== undefined && !joined.has(channel)) {
      throw new SwarmError('INVALID_INPUT', `join "${channel}" first`)
    }
    const cid = uri.kind === 'cid' ? uri.cid : (bySha1(uri.sha1) ?? null)
    const share = shares().find((one) => one.cid === cid)
    return {
      uri: formatUri(uri),
      cid,
      sha1: uri.kind === 'sha1' ? uri.sha1 : (share?.sha1 ?? null),
      name: share?.name ?? uri.name,
      sizeBytes: share?.sizeBytes ?? null,
      local: share?.local === true,
      providers: (share?.copies ?? []).map(({ peer, name, alive }) => ({ peer, name, alive, how: 'record' })),
    }
  }
  return {
    find: async (text, options) => find(text, options?.channel),
    resolve: async (text) => {
      const { cid } = find(text, undefined)
      if (cid !== null) return cid as Cid
      throw new SwarmError('NOT_FOUND', `nobody has ${text}`)
    },
    disprove: (sha1) => void disproved.push(sha1),
    listChannels: () => [...joined].map((name) => ({ name, joined: true, members: 1, files: 0 })),
    joinChannel: (name) => {
      joined.add(name)
      return { name, joined: true, members: 1, files: 0 }
    },
    leaveChannel: (name) => {
      joined.delete(name)
      return { name, joined: false, members: 0, files: 0 }
    },
  }
}
