import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { SwarmError } from '../../../shared/errors.ts'

/** The port that a peer takes when nobody says otherwise and it is free. */
export const defaultPort = 4040

interface Endpoint {
  readonly host: string
  readonly port: number
  readonly transport: 'tcp' | 'udp'
}

/**
 * The addresses to listen on when none are given: TCP and QUIC on every interface, IPv6 where the machine has it, all on
 * one port: the first of the preferred ones that is free on all of them, else one that the system chooses.
 */
export async function defaultListen(preferredPorts: readonly number[], withQuic: boolean): Promise<readonly string[]> {
  const hosts = hasIpv6() ? ['0.0.0.0', '::'] : ['0.0.0.0']
  let port = 0
  for (const candidate of [...preferredPorts, await anyPort(), await anyPort()]) {
    if ((await firstTaken(hosts.flatMap((host) => endpointsOf(host, candidate)))) !== null) continue
    port = candidate
    break
  }
  return hosts.flatMap((host) => {
    const ip = host === '::' ? `/ip6/${host}` : `/ip4/${host}`
    return withQuic ? [`${ip}/tcp/${port}`, `${ip}/udp/${port}/quic-v1`] : [`${ip}/tcp/${port}`]
  })
}

/** @throws SwarmError ADDRESS_IN_USE, INVALID_INPUT, naming the address */
export async function checkListen(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const endpoint = endpointOf(parseAddress(address, 'listen on'))
    if (endpoint === null || (await firstTaken([endpoint])) === null) continue
    throw new SwarmError(
      'ADDRESS_IN_USE',
      `Cannot listen on ${address}: another program uses that port. ` +
        'Stop it (is another dt-swarm running?), or choose another port (0 lets the system choose).',
      { detail: { address } },
    )
  }
}

/**
 * The addresses without QUIC's, for a node that does not use it.
 * @throws SwarmError INVALID_INPUT when none is left, and that is because the network is private
 */
export function withoutQuic(addresses: readonly string[], isPrivate: boolean): readonly string[] {
  const left = addresses.filter((address) => !address.includes('/quic'))
  if (left.length > 0 || addresses.length === 0 || !isPrivate) return left
  throw new SwarmError(
    'INVALID_INPUT',
    `Cannot listen on ${addresses.join(', ')}: this swarm's network is private, and QUIC would let anybody in. ` +
      'Listen on a TCP address besides, like /ip4/0.0.0.0/tcp/4040.',
    { detail: { address: addresses.join(', ') } },
  )
}

/** What is wrong with an address for that use, as the end of a sentence, or null when it can be used. */
export function wrongAddress(address: string, use: 'listen' | 'bootstrap'): string | null {
  let endpoint: Endpoint | null
  try {
    const parsed = multiaddr(address)
    // A name is looked up when it is dialled; one cannot listen on a name.
    if (use === 'bootstrap' && parsed.getComponents().some(({ name }) => name.startsWith('dns'))) return null
    endpoint = endpointOf(parsed)
  } catch {
    return 'is not a multiaddress; write it like /ip4/192.168.1.5/tcp/4040'
  }
  return endpoint === null ? 'names no host and port; write it like /ip4/192.168.1.5/tcp/4040' : null
}

/** What to tell when libp2p could not listen: who took the port between our look and its try, or an address not ours. */
export function listenError(cause: unknown, addresses: readonly string[]): SwarmError {
  const text = cause instanceof Error ? cause.message : String(cause)
  const named = addresses.length > 0 ? addresses.join(', ') : 'the default addresses'
  if (/EADDRINUSE|address already in use/i.test(text)) {
    return new SwarmError(
      'ADDRESS_IN_USE',
      `Cannot listen on ${named}: another program uses a port of it. Stop it, or choose another port (0: any).`,
      { detail: { address: named }, cause },
    )
  }
  return new SwarmError(
    'INVALID_INPUT',
    `Cannot listen on ${named}: this machine has no such address, or it is of a kind that a peer cannot listen on. ` +
      'Use 0.0.0.0 for every interface.',
    { detail: { address: named }, cause },
  )
}

/** @throws SwarmError INVALID_INPUT when the text is no multiaddress */
export function parseAddress(address: string, purpose: string): Multiaddr {
  try {
    return multiaddr(address)
  } catch (cause) {
    throw new SwarmError(
      'INVALID_INPUT',
      `Cannot ${purpose} "${address.slice(0, 200)}": it is not a multiaddress. Write it like /ip4/192.168.1.5/tcp/4040.`,
      { detail: { address: address.slice(0, 200) }, cause },
    )
  }
}

const endpointsOf = (host: string, port: number): Endpoint[] => [
  { host, port, transport: 'tcp' },
  { host, port, transport: 'udp' },
]

function endpointOf(address: Multiaddr): Endpoint | null {
  let host: string | undefined
  for (const { name, value } of address.getComponents()) {
    if (name === 'ip4' || name === 'ip6') host = value
    if ((name === 'tcp' || name === 'udp') && host !== undefined) return { host, port: Number(value), transport: name }
  }
  return null
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'))
}

async function firstTaken(endpoints: readonly Endpoint[]): Promise<Endpoint | null> {
  for (const endpoint of endpoints) {
    if (endpoint.port !== 0 && (await isTaken(endpoint))) return endpoint
  }
  return null
}

/** A port that is free for TCP just now; 0 when the system does not tell. */
function anyPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(0))
    server.listen({ host: '0.0.0.0', port: 0 }, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0))
    })
  })
}

/** Only "in use" counts: whatever else is wrong with an address, listening on it tells better. */
function isTaken({ host, port, transport }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const inUse = (error: NodeJS.ErrnoException): void => resolve(error.code === 'EADDRINUSE')
    if (transport === 'tcp') {
      const server = createServer()
      server.once('error', inUse)
      server.listen({ host, port, ipv6Only: host.includes(':') }, () => server.close(() => resolve(false)))
    } else {
      const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: host.includes(':') })
      socket.once('error', inUse)
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(false)))
    }
  })
}
