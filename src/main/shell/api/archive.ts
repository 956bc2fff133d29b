import { readCid } from '../../service/files/uri.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'

export function archiveRouter(os: Builder, peer: ApiPeer) {
  const { archive } = peer
  return {
    status: os.archive.status.handler(() => archive.view()),
    rescue: os.archive.rescue.handler(({ input: { cids, risk } }) => {
      const { transfers, ...counts } = archive.rescue({ cids: cids?.map((cid) => readCid(cid) ?? cid), risk })
      return { transfers: [...transfers], ...counts }
    }),
  }
}
