import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'

export function recorderRouter(os: Builder, peer: ApiPeer) {
  const { recorder } = peer
  return {
    status: os.recorder.status.handler(() => recorder.status()),
    mark: os.recorder.mark.handler(({ input: { text, peer: where }, signal }) =>
      recorder.mark(text, { peer: where ?? peer.peerId, ...(signal === undefined ? {} : { signal }) }),
    ),
  }
}
