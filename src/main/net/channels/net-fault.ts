/** What an error of a socket means, in words: the beginning of a sentence that a person reads. */
export function netFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '' } = error as NodeJS.ErrnoException
  return words[code] ?? error.message
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the other side broke the connection',
  EPIPE: 'the other side broke the connection',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ENOTFOUND: 'no host has this name',
  EAI_AGAIN: 'the name cannot be looked up just now',
  EADDRINUSE: 'another program uses the port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'this user may not use the port or address',
  EPERM: 'a firewall of this machine forbids it',
  ENODEV: 'no interface can carry it',
}
