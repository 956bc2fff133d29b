import { createServer, type Server, type Socket } from 'node:net'

export interface TcpLineServerDeps {
  readonly onSocket: (socket: Socket) => void
  /** @param port where it listens now */
  readonly onListening: (port: number | null) => void
  readonly signal: AbortSignal
}

/** Listens until the signal: then resolves, to why. Rejects, with the port free again, when it fails, at first or later. */
export function serveLines(
  { onSocket, onListening, signal }: TcpLineServerDeps,
  init: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer(onSocket)
    const onAbort = (): void => void server.close(() => resolve('switched off'))
    server.on('error', (error) => {
      signal.removeEventListener('abort', onAbort)
      // One that still listens, having failed to take a connection, would keep the port from the next try.
      if (server.listening) server.close()
      reject(error)
    })
    server.listen(init, () => {
      const bound = server.address()
      onListening(typeof bound === 'object' && bound !== null ? bound.port : null)
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
