import { multiaddr } from '@multiformats/multiaddr'

const maxAddressLength = 512

/**
 * Of the addresses that a stranger named, those worth dialling: TCP or QUIC at an IP address, well-formed.
 * Names are left out (whoever writes a record should not choose what we resolve), and so are loopback addresses, unless
 * the same machine may be meant.
 * @param own the addresses of this machine's interfaces
 */
export function dialable(addresses: readonly string[], own: readonly string[]): readonly string[] {
  const parsed = addresses.filter((address) => address.length <= maxAddressLength).flatMap(parse)
  const sameMachine = parsed.some(({ host }) => !isLoopback(host) && own.includes(host))
  const everyLoopback = parsed.every(({ host }) => isLoopback(host))
  return parsed.filter(({ host }) => sameMachine || everyLoopback || !isLoopback(host)).map(({ address }) => address)
}

function parse(address: string): { readonly address: string; readonly host: string }[] {
  try {
    const components = multiaddr(address).getComponents()
    const [first, second, third] = components
    if ((first?.name !== 'ip4' && first?.name !== 'ip6') || first.value === undefined) return []
    const transport = second?.name === 'tcp' || (second?.name === 'udp' && third?.name === 'quic-v1')
    const rest = components.slice(second?.name === 'tcp' ? 2 : 3)
    if (!transport || rest.some(({ name }) => name !== 'p2p')) return []
    return [{ address, host: first.value }]
  } catch {
    return []
  }
}

const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1'
