import type { MessagePort } from 'node:worker_threads'
import { maxPieceBytes } from './range-source.ts'

interface Wanted {
  readonly id: number
  readonly offset: number
  readonly length: number
}

type Given = { readonly id: number; readonly bytes: Uint8Array } | { readonly id: number; readonly failed: string }

/** In a thread: asks for pieces of a file over the port. */
export function piecesOver(port: MessagePort): (offset: number, length: number) => Promise<Uint8Array> {
  const waiting = new Map<number, PromiseWithResolvers<Uint8Array>>()
  let lastId = 0
  let closed = false
  port.on('close', () => {
    closed = true
    for (const one of waiting.values()) one.reject(new Error('nobody gives more of the file'))
    waiting.clear()
  })
  port.on('message', (given: Given) => {
    const one = waiting.get(given.id)
    waiting.delete(given.id)
    if ('bytes' in given) one?.resolve(given.bytes)
    else one?.reject(new Error(given.failed))
  })
  return (offset, length) => {
    if (closed) return Promise.reject(new Error('nobody gives more of the file'))
    const one = Promise.withResolvers<Uint8Array>()
    const wanted: Wanted = { id: (lastId += 1), offset, length }
    waiting.set(wanted.id, one)
    port.postMessage(wanted)
    return one.promise
  }
}

/** On the other side: answers with what is read. @param failed told the reason when a piece cannot be had */
export function givePieces(
  port: MessagePort,
  read: (offset: number, length: number) => Promise<Uint8Array>,
  failed: (error: unknown) => void,
): void {
  port.on('message', ({ id, offset, length }: Wanted) => {
    const bytes = length > maxPieceBytes ? Promise.reject(new Error('the piece is too large')) : read(offset, length)
    bytes.then(
      (piece) => port.postMessage({ id, bytes: piece } satisfies Given),
      (error: unknown) => {
        failed(error)
        port.postMessage({ id, failed: error instanceof Error ? error.message : String(error) } satisfies Given)
      },
    )
  })
}
