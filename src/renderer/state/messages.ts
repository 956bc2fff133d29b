import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ChannelKind, SwarmMessageView } from '../../shared/network-views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { whenOpen } from '../bridge/connection.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'
import { pause, retryDelayMs } from '../bridge/retry.ts'
import { createRun } from './run.ts'

export interface MessageFilter {
  readonly search: string
  readonly channel: ChannelKind | null
  readonly kind: string | null
  readonly direction: 'in' | 'out' | null
}

export const noMessageFilter: MessageFilter = { search: '', channel: null, kind: null, direction: null }

export interface Messages {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** Oldest first. */
  readonly shown: readonly SwarmMessageView[]
  /** What came while it is paused, oldest first. */
  readonly waiting: readonly SwarmMessageView[]
  readonly paused: boolean
  /** Left out of bursts by the peer, or by this window while it was paused. */
  readonly missed: number
  readonly current: boolean
  readonly problem: Problem | null
}

export interface MessagesStore {
  readonly store: StoreApi<Messages>
  readonly start: () => void
  readonly stop: () => void
  pause(): void
  resume(): void
}

/** What one scrolls back through; the peer itself keeps more, and its search reaches that. */
export const maxMessages = 2_000

/** The message stream for one question, bounded, newest last. */
export function createMessages(bridge: Bridge, filter: MessageFilter): MessagesStore {
  const store = createStore<Messages>(() => ({
    phase: 'loading',
    shown: [],
    waiting: [],
    paused: false,
    missed: 0,
    current: false,
    problem: null,
  }))
  const search = filter.search.trim()
  const question = {
    ...(search === '' ? {} : { search }),
    ...(filter.channel === null ? {} : { channel: filter.channel }),
    ...(filter.kind === null ? {} : { kind: filter.kind }),
    ...(filter.direction === null ? {} : { direction: filter.direction }),
  }

  const take = (messages: readonly SwarmMessageView[], missed: number, first: boolean): void => {
    const state = store.getState()
    const newest = Math.max(state.shown.at(-1)?.no ?? 0, state.waiting.at(-1)?.no ?? 0)
    // A stream begins with the last ones again. Numbers below those we know are of a peer that was started anew.
    const restarted = first && messages.length > 0 && (messages.at(-1)?.no ?? 0) < newest
    const fresh = restarted ? messages : messages.filter((message) => message.no > newest)
    const base = restarted ? { shown: [], waiting: [] } : state
    const place = state.paused && !restarted ? 'waiting' : 'shown'
    const grown = [...base[place], ...fresh]
    const cut = Math.max(0, grown.length - maxMessages)
    store.setState(
      {
        ...state,
        ...base,
        phase: 'ready',
        current: true,
        problem: null,
        missed: state.missed + missed + (place === 'waiting' ? cut : 0),
        [place]: cut === 0 ? grown : grown.slice(cut),
      },
      true,
    )
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await whenOpen(bridge.connection, signal)
        let first = true
        for await (const event of await bridge.api.network.watchMessages(question, { signal })) {
          if (signal.aborted) return
          attempt = 0
          take(event.messages, event.missed, first)
          first = false
        }
      } catch (error) {
        if (signal.aborted) return
        const { phase } = store.getState()
        if (phase !== 'ready' && bridge.connection.getState().phase === 'open') {
          store.setState({ phase: 'failed', problem: problemOf(error) })
        }
      }
      store.setState({ current: false })
      await pause(retryDelayMs(attempt), signal)
    }
  }

  const { start, stop } = createRun((signal) => void follow(signal))
  return {
    store,
    start,
    stop,
    pause: () => store.setState({ paused: true }),
    resume: () => {
      const { shown, waiting } = store.getState()
      store.setState({ paused: false, waiting: [], shown: [...shown, ...waiting].slice(-maxMessages) })
    },
  }
}
