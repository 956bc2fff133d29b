import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** The parts of the fake `electron` module that carry messages: ports, frames, sessions, page contents. */

type Handler = (event: unknown, ...args: unknown[]) => unknown

export class FakeIpc extends EventEmitter {
  readonly handlers = new Map<string, Handler>()

  handle(channel: string, handler: Handler): void {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.handlers.set(channel, handler)
  }

  /** What the page gets from `ipcRenderer.invoke`. */
  async invoke(channel: string, senderFrame: FakeFrame | null, ...args: unknown[]): Promise<unknown> {
    const handler = this.handlers.get(channel)
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`)
    return await handler({ senderFrame }, ...args)
  }
}

export class FakeFrame {
  readonly parent: FakeFrame | null
  url: string
  readonly received: { readonly channel: string; readonly ports: readonly FakePortMain[] }[] = []

  constructor(url: string, parent: FakeFrame | null = null) {
    this.url = url
    this.parent = parent
  }

  get origin(): string {
    return this.url.split('/').slice(0, 3).join('/')
  }

  postMessage(channel: string, _message: unknown, ports: readonly FakePortMain[] = []): void {
    this.received.push({ channel, ports })
  }
}

/** MessagePortMain: an emitter whose messages are events, over a port of Node's. */
export class FakePortMain extends EventEmitter {
  readonly port: MessagePort
  closed = false

  constructor(port: MessagePort) {
    super()
    this.port = port
    port.on('close', () => {
      this.closed = true
      this.emit('close')
    })
  }

  start(): void {
    this.port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }))
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message)
  }

  close(): void {
    this.port.close()
  }
}

export class MessageChannelMain {
  readonly port1: FakePortMain
  readonly port2: FakePortMain

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new FakePortMain(port1)
    this.port2 = new FakePortMain(port2)
  }
}

type ProtocolHandler = (request: Request) => Promise<Response>

export class FakeSession {
  readonly schemes = new Map<string, ProtocolHandler>()
  permissionRequest: ((contents: unknown, permission: string, answer: (granted: boolean) => void) => void) | null = null
  permissionCheck: ((contents: unknown, permission: string) => boolean) | null = null
  devices: (() => boolean) | null = null
  readonly protocol = {
    handle: (scheme: string, handler: ProtocolHandler): void => {
      if (this.schemes.has(scheme)) throw new Error(`${scheme} is handled already`)
      this.schemes.set(scheme, handler)
    },
  }

  setPermissionRequestHandler(handler: FakeSession['permissionRequest']): void {
    this.permissionRequest = handler
  }

  setPermissionCheckHandler(handler: FakeSession['permissionCheck']): void {
    this.permissionCheck = handler
  }

  setDevicePermissionHandler(handler: FakeSession['devices']): void {
    this.devices = handler
  }
}

export class FakeWebContents extends EventEmitter {
  readonly ipc = new FakeIpc()
  readonly session: FakeSession
  mainFrame = new FakeFrame('about:blank')
  windowOpen: ((details: { readonly url: string }) => { readonly action: string }) | null = null
  reloads = 0

  constructor(session: FakeSession) {
    super()
    this.session = session
  }

  setWindowOpenHandler(handler: FakeWebContents['windowOpen']): void {
    this.windowOpen = handler
  }

  reload(): void {
    this.reloads += 1
  }

  /** The page asks to go somewhere; true when it may. */
  navigate(url: string, event = 'will-navigate'): boolean {
    let stays = false
    this.emit(event, { url, isMainFrame: true, isSameDocument: false, preventDefault: () => (stays = true) })
    return !stays
  }
}
