/**
 * A peer's addresses in the order in which an invite should have them, which has room for few: those that reach it from
 * another machine before those of this machine alone, IPv4 before IPv6, TCP before QUIC. Link-local IPv6 needs a zone,
 * which is another one on each machine.
 */
export function dialFirst(addresses: readonly string[]): readonly string[] {
  return addresses
    .filter((address) => !/^\/ip6\/fe80:/i.test(address))
    .map((address, at) => ({ address, at, rank: rankOf(address) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ address }) => address)
}

function rankOf(address: string): number {
  const local = /^\/ip4\/127\.|^\/ip6\/::1\//.test(address) ? 4 : 0
  const six = address.startsWith('/ip6/') ? 2 : 0
  return local + six + (address.includes('/quic') ? 1 : 0)
}
