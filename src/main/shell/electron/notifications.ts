import { Notification } from 'electron'
import { isAbort } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import type { MachineView, TransferView } from '../../../shared/views.ts'
import type { Clock } from '../../base/clock.ts'
import type { EventSource, Unsubscribe } from '../../base/emitter.ts'
import type { Startable } from '../../base/lifecycle.ts'

/** What came within this time is told as one: a lab that is switched on is one event, not twenty. */
const gatherMs = 3_000
/** Least time between two notifications of a kind; what comes meanwhile waits and is told together. */
const quietMs = 15_000
/** Names in one notification; the rest is a number. */
const mostNames = 4
/** Held back at most; a flood past it is only counted. */
const mostHeld = 200

export interface NotificationDeps {
  readonly clock: Clock
  readonly machines: {
    readonly events: EventSource<{ 'machine:joined': { readonly peer: PeerId } }>
    get(peer: PeerId): MachineView | undefined
  }
  readonly files: { readonly events: EventSource<{ 'fetch:finished': TransferView }> }
  /** True while a person looks at the window: then the window itself says it. */
  readonly isWatched: () => boolean
  readonly show: (hash: string) => void
  readonly showInFolder: (path: string) => void
}

interface Note {
  readonly title: string
  readonly body: string
  readonly open: () => void
}

function listed(names: readonly string[], more: number): string {
  const rest = names.length - mostNames + more
  return rest > 0 ? `${names.slice(0, mostNames).join(', ')} and ${rest} more` : names.join(', ')
}

/** Tells of new robots and finished fetches, a few at a time, while nobody looks at the window. */
export class AppNotifications implements Startable {
  readonly #deps: NotificationDeps
  #undo: Unsubscribe[] = []
  /** Notifications on the screen: one that is collected forgets its click. */
  readonly #shown = new Set<Notification>()
  #abort = new AbortController()

  constructor(deps: NotificationDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#undo.length > 0 || !Notification.isSupported()) return
    this.#abort = new AbortController()
    const robots = this.#gather<MachineView>((held, more) => this.#robotsNote(held, more))
    const fetches = this.#gather<TransferView>((held, more) => this.#fetchesNote(held, more))
    this.#undo = [
      this.#deps.machines.events.on('machine:joined', ({ peer }) => {
        const machine = this.#deps.machines.get(peer)
        if (machine !== undefined && !machine.self && machine.role === 'robot') robots(machine)
      }),
      this.#deps.files.events.on('fetch:finished', (transfer) => {
        if (transfer.state === 'done' || transfer.state === 'failed') fetches(transfer)
      }),
    ]
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    for (const undo of this.#undo) undo()
    this.#undo = []
    for (const shown of this.#shown) shown.close()
    this.#shown.clear()
  }

  /** Collects what comes in `gatherMs`, tells it, and keeps quiet for `quietMs`. */
  #gather<Item>(noteOf: (held: readonly Item[], more: number) => Note): (item: Item) => void {
    const { signal } = this.#abort
    let held: Item[] = []
    let more = 0
    let running = false
    const tell = async (): Promise<void> => {
      await this.#deps.clock.sleep(gatherMs, { signal })
      while (held.length > 0) {
        if (!this.#deps.isWatched()) this.#notify(noteOf(held, more))
        held = []
        more = 0
        await this.#deps.clock.sleep(quietMs, { signal })
      }
    }
    return (item) => {
      if (held.length < mostHeld) held.push(item)
      else more += 1
      if (running) return
      running = true
      tell()
        .catch((error: unknown) => {
          if (!isAbort(error)) throw error
        })
        .finally(() => (running = false))
    }
  }

  #robotsNote(robots: readonly MachineView[], more: number): Note {
    const names = robots.map((robot) => (robot.simulated ? `${robot.name} (simulated)` : robot.name))
    const first = robots[0]
    const alone = robots.length + more === 1 && first !== undefined
    return {
      title: alone ? 'New robot' : `${robots.length + more} new robots`,
      body: listed(names, more),
      open: () => this.#deps.show(alone ? `#/robot/${first.peer}` : '#/fleet'),
    }
  }

  #fetchesNote(transfers: readonly TransferView[], more: number): Note {
    const first = transfers[0]
    const path = first?.path ?? null
    const open = () => (path === null ? this.#deps.show('#/logs') : this.#deps.showInFolder(path))
    if (transfers.length + more === 1 && first !== undefined) {
      return first.state === 'done'
        ? { title: 'Log fetched', body: first.name, open }
        : { title: 'Log not fetched', body: `${first.name}: ${first.error?.message ?? 'failed'}`, open }
    }
    const failed = transfers.filter((transfer) => transfer.state === 'failed').length
    const done = transfers.length + more - failed
    return {
      title: `${done} ${done === 1 ? 'log' : 'logs'} fetched${failed > 0 ? `, ${failed} not` : ''}`,
      body: listed(
        transfers.map((transfer) => transfer.name),
        more,
      ),
      open: () => this.#deps.show('#/logs'),
    }
  }

  #notify(note: Note): void {
    const notification = new Notification({ title: note.title, body: note.body })
    this.#shown.add(notification)
    notification.on('click', note.open)
    notification.on('close', () => this.#shown.delete(notification))
    // Notifications that a desktop keeps in a list never close: the oldest let go of their click.
    if (this.#shown.size > 20) for (const oldest of [...this.#shown].slice(0, 1)) this.#shown.delete(oldest)
    notification.show()
  }
}
