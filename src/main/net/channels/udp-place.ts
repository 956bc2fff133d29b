import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'

/** What `os.networkInterfaces` gives. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** Everybody on a LAN (broadcast, or a group), or one address. */
export interface UdpTarget {
  readonly host: string
  readonly port: number
  readonly kind: 'broadcast' | 'multicast' | 'single'
}

/** An interface to send from: its own socket, so that what is sent goes out there, and answers come to us alone. */
export interface Place {
  readonly name: string
  /** Empty: whichever the system chooses. */
  readonly address: string
  /** Of IPv4; empty otherwise. */
  readonly netmask: string
  /** Where a message for all is sent from here; empty: nowhere. */
  readonly target: string
}

/** Interfaces that one peer sends on at most: a laptop with containers has a dozen. */
const maxPlaces = 16
/** Multicast stays on the LAN unless a router was told otherwise. */
const multicastTtl = 1

/** What an address stands for. One that ends in .255 is taken for the broadcast address of a network of ours. */
export function kindOf(host: string): UdpTarget['kind'] {
  if (isIPv6(host)) return /^ff/i.test(host) ? 'multicast' : 'single'
  const first = Number(host.split('.')[0])
  if (first >= 224 && first <= 239) return 'multicast'
  return host.endsWith('.255') ? 'broadcast' : 'single'
}

/** Where to send from, for a target, as the interfaces are now. The loopback counts only where there is nothing else. */
export function placesFor(target: UdpTarget, interfaces: Interfaces): readonly Place[] {
  const family = isIPv6(target.host) ? 'IPv6' : 'IPv4'
  const all = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? []).filter((info) => info.family === family).map((info) => ({ name, info })),
  )
  if (target.kind === 'single') {
    const only = isAny(target.host) ? '' : target.host
    return [{ name: 'any interface', address: '', netmask: '', target: only }]
  }
  const everywhere = target.host === '255.255.255.255'
  const outside = all.filter(({ info }) => !info.internal && (family === 'IPv6' || broadcastOf(info) !== null))
  const suited = outside.length > 0 && (everywhere || target.kind === 'multicast') ? outside : all
  const places = new Map<string, Place>()
  for (const { name, info } of suited) {
    // One address an interface is enough for IPv6: groups are joined by interface.
    const key = family === 'IPv6' ? name : info.address
    if (places.size >= maxPlaces || places.has(key)) continue
    const broadcast = broadcastOf(info)
    if (target.kind === 'multicast') {
      const host = family === 'IPv6' ? `${target.host}%${name}` : target.host
      places.set(key, { name, address: family === 'IPv6' ? '::' : info.address, netmask: info.netmask, target: host })
    } else if (broadcast !== null && (everywhere || broadcast === target.host)) {
      places.set(key, { name, address: info.address, netmask: info.netmask, target: broadcast })
    }
  }
  return [...places.values()]
}

/** The address that is every address of this machine: whoever names it as a target wants to hear and to answer only. */
export function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** Whether an address is on the network of a place: IPv4 by its mask, IPv6 by the interface in its scope. */
export function isNear({ name, address, netmask }: Place, other: string): boolean {
  const scope = other.split('%')[1]
  if (scope !== undefined) return scope === name
  if (address === '' || isIPv6(other) || isIPv6(address)) return false
  const bytes = (text: string): number[] => text.split('.').map(Number)
  const [mask, own, theirs] = [bytes(netmask), bytes(address), bytes(other)]
  return mask.every((bits, i) => ((own[i] ?? 0) & bits) === ((theirs[i] ?? 0) & bits))
}

/** The broadcast address of an IPv4 interface's network; null where there is none. */
export function broadcastOf({ family, address, netmask }: NetworkInterfaceInfo): string | null {
  if (family !== 'IPv4' || netmask === '255.255.255.255' || netmask === '255.255.255.254') return null
  const mask = netmask.split('.').map(Number)
  return address
    .split('.')
    .map((byte, i) => Number(byte) | (~(mask[i] ?? 255) & 255))
    .join('.')
}

type OnDatagram = (bytes: Buffer, from: RemoteInfo) => void
type OnError = (error: Error) => void

/**
 * The socket that hears what is said to all: several peers on one host share its port. What is said to one address
 * reaches one socket only, so there the port is ours alone.
 */
export async function openShared(
  target: UdpTarget,
  places: readonly Place[],
  bindHost: string | undefined,
  on: { readonly datagram: OnDatagram; readonly error: OnError },
): Promise<Socket> {
  const v6 = isIPv6(target.host)
  const reuseAddr = target.kind !== 'single'
  const socket = v6
    ? createSocket({ type: 'udp6', reuseAddr, ipv6Only: true })
    : createSocket({ type: 'udp4', reuseAddr })
  await bound(socket, { port: target.port, address: bindHost ?? (v6 ? '::' : '0.0.0.0') }, on)
  if (target.kind !== 'multicast') return socket
  try {
    for (const { name, address } of places) socket.addMembership(target.host, v6 ? `::%${name}` : address)
  } catch (error) {
    socket.close()
    throw error
  }
  return socket
}

/** The socket that sends from a place, and hears what is said to us alone. */
export async function openPlace(
  target: UdpTarget,
  place: Place,
  on: { readonly datagram: OnDatagram; readonly error: OnError },
): Promise<Socket> {
  const v6 = isIPv6(target.host)
  const socket = createSocket(v6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
  await bound(socket, place.address === '' ? { port: 0 } : { port: 0, address: place.address }, on)
  try {
    if (!v6) socket.setBroadcast(true)
    if (target.kind === 'multicast') {
      socket.setMulticastInterface(v6 ? `::%${place.name}` : place.address)
      socket.setMulticastTTL(multicastTtl)
      socket.setMulticastLoopback(true)
    }
  } catch (error) {
    socket.close()
    throw error
  }
  return socket
}

function bound(
  socket: Socket,
  address: { readonly port: number; readonly address?: string },
  on: { readonly datagram: OnDatagram; readonly error: OnError },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', fail)
    socket.bind(address, () => {
      socket.off('error', fail)
      socket.on('error', on.error)
      socket.on('message', on.datagram)
      resolve()
    })
  })
}
