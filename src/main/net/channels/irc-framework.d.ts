/** What we use of irc-framework 4.14, which has no types of its own. */
declare module 'irc-framework' {
  import type { Socket } from 'node:net'

  export interface ConnectOptions {
    readonly host: string
    readonly port: number
    readonly nick: string
    readonly username: string
    readonly gecos: string
    readonly tls: boolean
    readonly rejectUnauthorized: boolean
    readonly auto_reconnect: boolean
    /** Seconds. */
    readonly ping_interval: number
    readonly ping_timeout: number
    /** What CTCP VERSION is answered with; empty: nothing. */
    readonly version: string
  }

  export interface UserEvent {
    readonly nick: string
    readonly ident: string
    readonly hostname: string
  }

  export interface ClientEvents {
    registered: { readonly nick: string }
    privmsg: UserEvent & { readonly target: string; readonly message: string }
    join: UserEvent & { readonly channel: string }
    part: UserEvent & { readonly channel: string }
    quit: UserEvent
    nick: UserEvent & { readonly new_nick: string }
    kick: { readonly nick: string; readonly kicked: string; readonly channel: string; readonly message: string }
    userlist: { readonly channel: string; readonly users: readonly { readonly nick: string }[] }
    pong: { readonly message: string }
    'nick in use': { readonly nick: string; readonly reason: string }
    'nick invalid': { readonly nick: string; readonly reason: string }
    'irc error': { readonly error: string; readonly channel?: string; readonly reason?: string }
    'raw socket connected': Socket
    'socket close': Error | false | undefined
  }

  export class Client {
    readonly user: { readonly nick: string }
    /** Of the server: names that differ in case only are one. */
    caseCompare(one: string, other: string): boolean
    on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): this
    removeAllListeners(): this
    connect(options: ConnectOptions): void
    changeNick(nick: string): void
    join(channel: string): void
    raw(...parts: string[]): void
    ping(message: string): void
    quit(message: string): void
    readonly connection: {
      readonly connected: boolean
      clearTimers(): void
      readonly transport: { disposeSocket(): void; removeAllListeners(): void } | null
    }
  }
}
