import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'

export function settingsRouter(os: Builder, peer: ApiPeer) {
  return {
    get: os.settings.get.handler(() => peer.settings.get()),
    update: os.settings.update.handler(async ({ input }) => {
      const { settings, waiting } = await peer.settings.update(input)
      return { settings, waiting: [...waiting] }
    }),
  }
}
