/** `192.168.1.7:1240`, `[fe80::1]:1240`; IPv4 addresses that came over an IPv6 socket are written as what they are. */
export function linkName(host: string, port: number): string {
  const plain = host.replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

/** The host of a link's name, as it stands there. */
export function hostOf(link: string): string {
  return link.slice(0, link.lastIndexOf(':'))
}

/** The host and port that a link's name was made of. */
export function addressOf(link: string): { readonly host: string; readonly port: number } {
  return { host: hostOf(link).replace(/^\[|\]$/g, ''), port: Number(link.slice(link.lastIndexOf(':') + 1)) }
}
