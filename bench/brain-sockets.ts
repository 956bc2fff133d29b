import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface SocketChain {
  readonly head: Socket
  readonly tail: Promise<Socket>
  readonly close: () => Promise<void>
}

/** The baseline of `bench/brain.ts`: bare sockets in a row that hand on whatever comes, and check nothing. */
export async function socketChain(count: number, { echo }: { readonly echo: boolean }): Promise<SocketChain> {
  const servers: Server[] = []
  const sockets: Socket[] = []
  const tail = Promise.withResolvers<Socket>()
  let port = 0
  for (let i = 0; i < count; i += 1) {
    const onward = port
    const server = createServer((socket) => {
      socket.setNoDelay(true)
      sockets.push(socket)
      if (onward === 0) {
        if (echo) socket.pipe(socket)
        tail.resolve(socket)
        return
      }
      const next = connect(onward, '127.0.0.1').setNoDelay(true)
      sockets.push(next)
      socket.pipe(next)
      next.pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    port = (server.address() as AddressInfo).port
  }
  const head = connect(port, '127.0.0.1').setNoDelay(true)
  sockets.push(head)
  await once(head, 'connect')
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await Promise.all(servers.map(async (server) => new Promise((resolve) => server.close(resolve))))
  }
  return { head, tail: tail.promise, close }
}
