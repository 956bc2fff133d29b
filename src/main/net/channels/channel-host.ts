import { isDeepStrictEqual } from 'node:util'
import type { ChannelConfig } from '../../../shared/network-views.ts'
import { Emitter, type EventSource, type Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { ChannelSet } from '../messages/brain-message.ts'
import { channelId, checkChannel, type ChannelHop, type CheckedChannel } from './channel-config.ts'
import type { ChannelRoster, ChannelState } from './channel-roster.ts'
import type { Channel, ChannelEvents } from './channel.ts'
import { makeChannel, type MakeChannelDeps } from './make-channel.ts'

/** More than a peer needs; the settings allow no more. */
const maxChannels = 16

interface Hosted {
  readonly channel: Channel
  readonly undo: readonly Unsubscribe[]
  config: ChannelConfig
  /** Starts and stops, one after the other. */
  busy: Promise<void>
}

/** The channels of a peer as its settings want them: made, switched on and off, and removed while it runs. */
export class ChannelHost implements Startable, ChannelSet, ChannelRoster {
  readonly #deps: MakeChannelDeps
  readonly #swarm: string
  readonly #events: Emitter<ChannelEvents>
  readonly #hosted = new Map<string, Hosted>()
  /** Channels that were removed and are not yet quiet. */
  readonly #leaving = new Set<Promise<void>>()
  #running = false

  constructor(deps: MakeChannelDeps, init: { readonly swarm: string; readonly channels: readonly ChannelConfig[] }) {
    this.#deps = deps
    this.#swarm = init.swarm
    this.#events = new Emitter((err, event) => deps.log.error({ err, event }, 'a listener of the channels failed'))
    this.apply(init.channels)
  }

  get events(): EventSource<ChannelEvents> {
    return this.#events
  }

  /** Those that are switched on. */
  channels(): readonly Channel[] {
    return [...this.#hosted.values()].filter(({ config }) => config.enabled).map(({ channel }) => channel)
  }

  states(): readonly ChannelState[] {
    return [...this.#hosted].map(([id, { channel, config }]) => ({
      id,
      kind: channel.kind,
      address: config.address,
      mode: config.mode,
      enabled: config.enabled,
      facts: channel.facts(),
    }))
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    await Promise.all([...this.#hosted.values()].map((hosted) => this.#switch(hosted)))
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await Promise.all([...this.#hosted.values()].map((hosted) => this.#switch(hosted)))
    await Promise.all(this.#leaving)
  }

  /** Makes it so. What cannot be a channel is left out, and said: settings are checked before they come here. */
  apply(configs: readonly ChannelConfig[]): void {
    const wanted = new Map<string, Extract<CheckedChannel, { readonly kind: 'ok' }>>()
    for (const config of configs.slice(0, maxChannels)) {
      const checked = checkChannel(config)
      if (checked.kind === 'ok') wanted.set(channelId(checked.config), checked)
      else this.#deps.log.warn({ channel: config.address }, `this address ${checked.reason}`)
    }
    for (const [id, hosted] of this.#hosted) if (!wanted.has(id)) this.#remove(id, hosted)
    for (const [id, { config, hop }] of wanted) {
      const hosted = this.#hosted.get(id) ?? this.#add(id, config, hop)
      if (isDeepStrictEqual(hosted.config, config)) continue
      hosted.config = config
      void this.#switch(hosted)
      this.#events.emit('channel:changed', { id })
    }
  }

  #add(id: string, config: ChannelConfig, hop: ChannelHop): Hosted {
    const channel = makeChannel(this.#deps, config, hop, { swarm: this.#swarm })
    const undo = [
      channel.events.on('message:received', (received) => this.#events.emit('message:received', received)),
      channel.events.on('channel:changed', () => this.#events.emit('channel:changed', { id })),
    ]
    const hosted: Hosted = { channel, undo, config, busy: Promise.resolve() }
    this.#hosted.set(id, hosted)
    void this.#switch(hosted)
    this.#events.emit('channel:changed', { id })
    return hosted
  }

  #remove(id: string, hosted: Hosted): void {
    this.#hosted.delete(id)
    hosted.config = { ...hosted.config, enabled: false }
    const leaving = this.#switch(hosted).finally(() => {
      for (const undo of hosted.undo) undo()
      this.#leaving.delete(leaving)
    })
    this.#leaving.add(leaving)
    this.#events.emit('channel:changed', { id })
  }

  /** Starts or stops it, whichever is wanted by the time that it is its turn. */
  #switch(hosted: Hosted): Promise<void> {
    const { channel } = hosted
    hosted.busy = hosted.busy.then(async () => {
      try {
        if (this.#running && hosted.config.enabled) await channel.start()
        else await channel.stop()
      } catch (err) {
        this.#deps.counters.add('channels.failed')
        this.#deps.log.error({ err, channel: channel.id }, 'a channel could not be switched on or off')
      }
    })
    return hosted.busy
  }
}
