import type { ConnectionEncrypter } from '@libp2p/interface'
import { noise, type NoiseExtensions } from '@libp2p/noise'
import { tls, type TLSComponents } from '@libp2p/tls'
import type { Clock } from '../../base/clock.ts'
import type { Counters } from '../../base/counters.ts'

/** A link that failed is dialled again within half a minute; by then TLS must still be off the list. */
const restMs = 60_000

type Components = TLSComponents & Parameters<ReturnType<typeof noise>>[0]
type Factory = (components: Components) => ConnectionEncrypter<NoiseExtensions>

/**
 * How connections are encrypted: by TLS, 1.3 to 1.7 times as fast in bulk as noise, which is there for who has no TLS -
 * and for clocks that differ by more than an hour. A libp2p certificate is valid from an hour before it was made
 * (https://github.com/libp2p/specs/blob/master/tls/tls.md), so a robot in 1970 finds everybody's not valid yet, and with
 * them everybody who could tell it the time. A side that refuses a certificate for its time offers noise alone for a
 * while, and the next try succeeds: both prove the same key. All that a hostile peer gains by making up a
 * certificate is that new links of this minute are slower.
 */
export function encrypters(deps: { readonly clock: Clock; readonly counters: Counters }): Factory[] {
  let restUntilMs = -Infinity
  let own: ConnectionEncrypter | null = null

  const secureByTls: Factory = (components) => {
    const inner = tls()(components)
    const guarded = async <Secured>(secured: Promise<Secured>): Promise<Secured> => {
      try {
        return await secured
      } catch (error) {
        if (isAboutTime(error)) {
          deps.counters.add('links.refused:certificate-time')
          restUntilMs = deps.clock.monotonic() + restMs
          components.upgrader.getConnectionEncrypters().delete(inner.protocol)
        }
        throw error
      }
    }
    const encrypter: ConnectionEncrypter = {
      protocol: inner.protocol,
      secureInbound: (connection, options) => guarded(inner.secureInbound(connection, options)),
      secureOutbound: (connection, options) => guarded(inner.secureOutbound(connection, options)),
    }
    own = encrypter
    return encrypter as ConnectionEncrypter<NoiseExtensions>
  }

  const secureByNoise: Factory = (components) => {
    const inner = noise()(components)
    const encrypter: ConnectionEncrypter<NoiseExtensions> = {
      protocol: inner.protocol,
      secureInbound: (connection, options) => {
        wake(components, encrypter)
        return inner.secureInbound(connection, options)
      },
      secureOutbound: (connection, options) => {
        wake(components, encrypter)
        return inner.secureOutbound(connection, options)
      },
    }
    return encrypter
  }

  /** TLS is offered again, before noise, as the order of the map is that of preference. */
  const wake = (components: Components, byNoise: ConnectionEncrypter<NoiseExtensions>): void => {
    const offered = components.upgrader.getConnectionEncrypters()
    if (own === null || offered.has(own.protocol) || deps.clock.monotonic() < restUntilMs) return
    offered.delete(byNoise.protocol)
    offered.set(own.protocol, own)
    offered.set(byNoise.protocol, byNoise)
  }

  return [secureByTls, secureByNoise]
}

/** `InvalidCertificateError` of @libp2p/tls is thrown for other reasons too. */
function isAboutTime(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'InvalidCertificateError' && /not valid yet|expired/.test(error.message)
  )
}
