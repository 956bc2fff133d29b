import { SwarmError } from '../../../shared/errors.ts'
import type { HealthView } from '../../../shared/views.ts'
import type { ApiPeer } from './api-peer.ts'
import type { Builder } from './builder.ts'
import { liveOptions } from './live-call.ts'
import { live } from './live.ts'

export function diagnosticsRouter(os: Builder, peer: ApiPeer) {
  return {
    history: os.diagnostics.history.handler(({ input }) => {
      if (input.toMs <= input.fromMs) {
        throw new SwarmError('INVALID_INPUT', 'diagnostics.history: fromMs must lie before toMs')
      }
      const { metrics, ...rest } = input
      return peer.diagnostics.history(metrics === undefined ? rest : { ...rest, metrics })
    }),
    watch: os.diagnostics.watch.handler(({ input, ...call }) => {
      let latest: HealthView | null = null
      const take = () => {
        const health = latest
        latest = null
        return health
      }
      return live<HealthView>(
        {
          subscribe: (wake) =>
            peer.diagnostics.events.on('health:heard', ({ peer: of, health }) => {
              if (of !== input.peer) return
              latest = health
              wake()
            }),
          first: () => peer.diagnostics.latest(input.peer) ?? null,
          next: take,
        },
        liveOptions(call, peer),
      )
    }),
  }
}
