import type { Settings } from '../../../shared/views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'

export function settingsRouter(os: Builder, peer: ApiPeer) {
  return {
    get: os.settings.get.handler(() => peer.settings.get()),
    update: os.settings.update.handler(async ({ input }) => {
      // An absent setting and one that is undefined mean the same to the caller: it stays.
      const patch = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
      const { settings, waiting } = await peer.settings.update(patch as Partial<Settings>)
      return { settings, waiting: [...waiting] }
    }),
  }
}
