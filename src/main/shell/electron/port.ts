import type { RPCHandler } from '@orpc/server/message-port'
import { MessageChannelMain, type IpcMainEvent, type MessagePortMain, type WebContents, type WebFrameMain } from 'electron'
import type { Counters } from '../../base/counters.ts'
import type { Log } from '../../base/log.ts'
import { createContext, type ApiContext } from '../api/context.ts'
import { channels } from './channels.ts'
import { isOwnMainFrame } from './origin.ts'

/** One call is a few hundred bytes; a filter with every peer of a large swarm stays far below 1 MiB. */
export const longestMessage = 1024 * 1024

/** Serves the API's router over a port: oRPC's handler. */
export type PortHandler = Pick<RPCHandler<ApiContext>, 'upgrade'>

/** The port as the RPC handler sees it. */
interface CheckedPort {
  on(event: string, listener: (event?: { data: unknown }) => unknown): void
  postMessage(message: unknown): void
}

function isCall(data: unknown): boolean {
  if (typeof data === 'string') return data.length <= longestMessage
  return ArrayBuffer.isView(data) && data.byteLength <= longestMessage
}

/** Lets only calls through, and keeps what a broken one throws from ending the process. */
export function checkedPort(port: MessagePortMain, refused: (reason: string) => void): CheckedPort {
  return {
    on: (event, listener) => {
      if (event !== 'message') return void port.on('close', () => void listener())
      port.on('message', ({ data }: { data: unknown }) => {
        if (!isCall(data)) return refused('not-a-call')
        Promise.resolve(listener({ data })).catch(() => refused('malformed'))
      })
    },
    postMessage: (message) => port.postMessage(message),
  }
}

/**
 * Hands our window one port at a time, over which the API is served. Only the main frame of a page of our own
 * origin gets one; it is closed when that page goes or asks for another.
 */
export class WindowPort {
  readonly #contents: WebContents
  readonly #log: Log
  readonly #counters: () => Counters | undefined
  #handler: PortHandler | null = null
  #waiting: WebFrameMain | null = null
  #port: MessagePortMain | null = null

  /** @param deps.counters where refusals are counted, once there is a peer */
  constructor(deps: { readonly contents: WebContents; readonly log: Log; readonly counters: () => Counters | undefined }) {
    this.#contents = deps.contents
    this.#log = deps.log
    this.#counters = deps.counters
  }

  /** Listens for the window's wish. Until `serve` was called, the latest wish waits. */
  start(): void {
    this.#contents.ipc.on(channels.connect, this.#onConnect)
    this.#contents.on('did-start-navigation', this.#onNavigation)
    this.#contents.on('render-process-gone', this.close)
    this.#contents.once('destroyed', this.close)
  }

  /** From now on a port answers with this API. */
  serve(handler: PortHandler): void {
    this.#handler = handler
    const frame = this.#waiting
    this.#waiting = null
    if (isOwnMainFrame(frame)) this.#handOver(frame)
  }

  /** Closes the port; its calls and live data end. */
  readonly close = (): void => {
    this.#port?.close()
    this.#port = null
  }

  readonly #onNavigation = (details: { readonly isMainFrame: boolean; readonly isSameDocument: boolean }): void => {
    if (!details.isMainFrame || details.isSameDocument) return
    this.#waiting = null
    this.close()
  }

  readonly #onConnect = (event: IpcMainEvent): void => {
    const frame = event.senderFrame
    if (!isOwnMainFrame(frame)) return this.#refuse('not-our-page')
    if (this.#handler === null) this.#waiting = frame
    else this.#handOver(frame)
  }

  #handOver(frame: WebFrameMain): void {
    this.close()
    const { port1, port2 } = new MessageChannelMain()
    this.#port = port1
    this.#handler?.upgrade(checkedPort(port1, (reason) => this.#refuse(reason)), { context: createContext() })
    port1.start()
    frame.postMessage(channels.port, null, [port2])
  }

  #refuse(reason: string): void {
    this.#counters()?.add(`window.refused:${reason}`)
    this.#log.warn({ reason }, 'refused a message of the window')
  }
}
