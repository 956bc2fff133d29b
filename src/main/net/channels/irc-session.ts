import irc, { type Client } from 'irc-framework'
import type { Socket } from 'node:net'

export interface IrcSessionInit {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Wanted; with other ends when it is taken. */
  readonly nick: string
  readonly channel: string
}

export interface IrcSessionEvents {
  /** We are on the channel, under this nick; or its members differ. */
  readonly onMembers: (members: ReadonlySet<string>, nick: string) => void
  /** On the channel, or to us alone. */
  readonly onText: (nick: string, host: string, text: string) => void
  readonly onLeft: (nick: string) => void
  /** Called once, also when it never came up. */
  readonly onClosed: (reason: string) => void
}

/** Users of a channel that are remembered: only whether somebody is there, and who can be spoken to. */
const maxMembers = 1_024
/** The library keeps what has no line end: a server that sends none is cut off. IRC lines have 512 bytes, tags 8 KiB. */
const maxUnendedBytes = 64 * 1_024
/** Registering and joining take as long as the server looks up who we are. */
const joinWithinMs = 60_000
/** RFC 1459, 1.2: nine signs are what every server allows. */
const maxNickChars = 9
const maxNickTries = 10
/** How long a server may take to say goodbye. */
const partingMs = 500

/** Errors of the server after which staying is of no use. */
const fatal: Readonly<Record<string, string>> = {
  banned_from_channel: 'we are banned from the channel',
  banned_from_network: 'we are banned from the server',
  bad_channel_key: 'the channel wants a key',
  invite_only_channel: 'the channel is for the invited only',
  channel_is_full: 'the channel is full',
  too_many_channels: 'the server allows no more channels',
  no_such_channel: 'the server does not take the name of the channel',
}

/** One connection to an IRC server, on one channel. Ends for good when it breaks: whoever made it makes another. */
export class IrcSession {
  readonly #client: Client
  readonly #init: IrcSessionInit
  readonly #events: IrcSessionEvents
  readonly #random: () => number
  readonly #members = new Set<string>()
  readonly #pongs = new Map<string, () => void>()
  #nick: string
  #tries = 0
  #joined = false
  #closed = false
  #reason = 'the server closed the connection'
  #onGone: () => void = () => {}
  readonly #timer: NodeJS.Timeout

  constructor(init: IrcSessionInit, random: () => number, events: IrcSessionEvents) {
    this.#init = init
    this.#random = random
    this.#events = events
    this.#nick = init.nick.slice(0, maxNickChars)
    this.#client = new irc.Client()
    this.#timer = setTimeout(() => this.close('the server does not let us in'), joinWithinMs)
    this.#listen()
    const { host, port, tls } = init
    this.#client.connect({
      host,
      port,
      tls,
      rejectUnauthorized: true,
      nick: this.#nick,
      username: 'dtswarm',
      gecos: 'a peer of a dt-swarm',
      // Whoever made this session tries again, with its own patience.
      auto_reconnect: false,
      ping_interval: 30,
      ping_timeout: 90,
      // Others could make us answer, and flood.
      version: '',
    })
  }

  get nick(): string {
    return this.#nick
  }

  get joined(): boolean {
    return this.#joined && !this.#closed
  }

  /** Nobody but us is on the channel. */
  get isAlone(): boolean {
    return this.#members.size === 0
  }

  has(nick: string): boolean {
    return this.#members.has(nick)
  }

  /** To the channel, or to one nick. The text must fit a line. */
  say(text: string, to: string = this.#init.channel): void {
    this.#client.raw(`PRIVMSG ${to} :${text}`)
  }

  /** Resolves once the server has read all that was said before. */
  heard(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const token = `ds${Math.floor(this.#random() * 2 ** 32).toString(36)}`
    return new Promise((resolve) => {
      this.#pongs.set(token, resolve)
      this.#client.ping(token)
    })
  }

  /** Says goodbye, and waits a moment for the server to close. */
  async quit(): Promise<void> {
    if (this.joined) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, partingMs)))
      const gone = new Promise<void>((resolve) => (this.#onGone = resolve))
      this.#client.quit('switched off')
      await Promise.race([gone, late])
      clearTimeout(timer)
    }
    this.close('switched off')
  }

  close(reason: string): void {
    if (this.#closed) return
    this.#reason = reason
    this.#end()
  }

  #listen(): void {
    const { channel } = this.#init
    const client = this.#client
    const isHere = (name: string): boolean => client.caseCompare(name, channel)
    client.on('raw socket connected', (socket) =>
      watchUnended(socket, () => this.close('it sent a line without an end')),
    )
    client.on('nick in use', () => this.#tryNick())
    client.on('nick invalid', () => this.#tryNick())
    client.on('registered', ({ nick }) => {
      this.#nick = nick
      client.join(channel)
    })
    client.on('userlist', ({ channel: name, users }) => {
      if (!isHere(name)) return
      for (const { nick } of users) this.#add(nick)
      if (this.#joined) this.#tell()
    })
    client.on('join', ({ nick, channel: name }) => {
      if (!isHere(name)) return
      if (client.caseCompare(nick, this.#nick)) {
        this.#joined = true
        clearTimeout(this.#timer)
      } else this.#add(nick)
      this.#tell()
    })
    client.on('privmsg', ({ nick, hostname, target, message }) => {
      if (isHere(target) || client.caseCompare(target, this.#nick)) this.#events.onText(nick, hostname, message)
    })
    client.on('part', ({ nick, channel: name }) => {
      if (isHere(name)) this.#left(nick)
    })
    client.on('quit', ({ nick }) => this.#left(nick))
    client.on('nick', ({ nick, new_nick: next }) => {
      if (client.caseCompare(nick, this.#nick)) this.#nick = next
      else if (this.#members.has(nick)) {
        this.#left(nick)
        this.#add(next)
      }
      this.#tell()
    })
    client.on('kick', ({ kicked, nick, channel: name, message }) => {
      if (!isHere(name)) return
      if (client.caseCompare(kicked, this.#nick)) this.close(`${nick} has kicked us: ${message}`.slice(0, 200))
      else this.#left(kicked)
    })
    client.on('irc error', ({ error }) => {
      const reason = fatal[error]
      if (reason !== undefined && !this.#joined) this.close(reason)
      else if (error === 'banned_from_network') this.close(reason ?? error)
    })
    client.on('pong', ({ message }) => {
      this.#pongs.get(message)?.()
      this.#pongs.delete(message)
    })
    client.on('socket close', (error) => {
      if (error instanceof Error) this.#reason = (error as NodeJS.ErrnoException).code ?? error.message
      this.#end()
    })
  }

  #add(nick: string): void {
    if (this.#members.size < maxMembers && !this.#client.caseCompare(nick, this.#nick)) this.#members.add(nick)
  }

  #left(nick: string): void {
    if (!this.#members.delete(nick)) return
    this.#events.onLeft(nick)
    this.#tell()
  }

  #tell(): void {
    if (this.joined) this.#events.onMembers(this.#members, this.#nick)
  }

  /** The first signs of ours, and others at the end. */
  #tryNick(): void {
    this.#tries += 1
    if (this.#tries > maxNickTries) return this.close('no nick is free')
    const end = Math.floor(this.#random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0')
    this.#nick = this.#init.nick.slice(0, maxNickChars - 4) + end
    this.#client.changeNick(this.#nick)
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    const { connection } = this.#client
    this.#client.removeAllListeners()
    connection.clearTimers()
    connection.transport?.removeAllListeners()
    connection.transport?.disposeSocket()
    this.#onGone()
    for (const resolve of this.#pongs.values()) resolve()
    this.#pongs.clear()
    this.#events.onClosed(this.#reason)
  }
}

function watchUnended(socket: Socket, onEndless: () => void): void {
  let unended = 0
  socket.on('data', (bytes: Buffer) => {
    const last = bytes.lastIndexOf(10)
    unended = last < 0 ? unended + bytes.length : bytes.length - last - 1
    if (unended > maxUnendedBytes) onEndless()
  })
}
