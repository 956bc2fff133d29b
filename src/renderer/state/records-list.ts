import { createStore, type StoreApi } from 'zustand/vanilla'
import type { z } from 'zod'
import type { PeerId } from '../../shared/ids.ts'
import type { recordStateSchema, RecordView } from '../../shared/record-views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import { problemOf, type Problem } from '../bridge/problem.ts'

export type RecordState = z.infer<typeof recordStateSchema>

export interface RecordsFilter {
  readonly bucket: string | null
  readonly state: RecordState | null
  readonly author: PeerId | null
  readonly search: string
}

export interface RecordsList {
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly records: readonly RecordView[]
  /** Where to go on from; null at the end. */
  readonly next: string | null
  readonly more: boolean
  readonly problem: Problem | null
  /** Something changed that is not read anew by itself, for too much is shown. */
  readonly stale: boolean
  readonly atMs: number
}

export interface RecordsListStore {
  readonly store: StoreApi<RecordsList>
  /** Reads the first page; a second call reads anew what is shown. */
  readonly load: () => Promise<void>
  /** The next page, when there is one. */
  readonly more: () => Promise<void>
  /** Something changed at the peer: reads anew soon, never more often than a person can read. */
  readonly changed: () => void
  readonly stop: () => void
}

const pageSize = 200
/** As many as one call answers: what is shown is read anew in one. */
const maxRefreshed = 1_000
/** Nobody reads further than this; a search finds what lies behind. Keeps a window's memory small. */
export const maxShown = 5_000
const refreshMs = 1_500

/** A page of records for a question, which grows as it is scrolled and follows changes. */
export function createRecordsList(bridge: Bridge, filter: RecordsFilter): RecordsListStore {
  const store = createStore<RecordsList>(() => ({
    phase: 'loading',
    records: [],
    next: null,
    more: false,
    problem: null,
    stale: false,
    atMs: 0,
  }))
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const search = filter.search.trim()
  const question = {
    ...(filter.bucket === null ? {} : { bucket: filter.bucket }),
    ...(filter.author === null ? {} : { author: filter.author }),
    ...(filter.state === null ? {} : { state: filter.state }),
    ...(search === '' ? {} : { search }),
  }

  const load = async (): Promise<void> => {
    const mine = ++turn
    const limit = Math.min(maxRefreshed, Math.max(pageSize, store.getState().records.length))
    try {
      const { records, next } = await bridge.api.records.list({ ...question, limit })
      if (mine !== turn) return
      store.setState(
        { phase: 'ready', records, next, more: false, problem: null, stale: false, atMs: Date.now() },
        true,
      )
    } catch (error) {
      if (mine !== turn) return
      const state = store.getState()
      store.setState({
        phase: state.phase === 'ready' ? 'ready' : 'failed',
        problem: problemOf(error),
        more: false,
      })
    }
  }

  const more = async (): Promise<void> => {
    const { next, records, more: already } = store.getState()
    if (next === null || already || records.length >= maxShown) return
    const mine = ++turn
    store.setState({ more: true })
    try {
      const answer = await bridge.api.records.list({ ...question, after: next, limit: pageSize })
      if (mine !== turn) return
      const known = new Set(records.map((record) => record.id))
      store.setState({
        records: [...records, ...answer.records.filter((record) => !known.has(record.id))],
        next: answer.next,
        more: false,
        problem: null,
      })
    } catch (error) {
      if (mine === turn) store.setState({ more: false, problem: problemOf(error) })
    }
  }

  return {
    store,
    load,
    more,
    changed: () => {
      if (store.getState().records.length > maxRefreshed) {
        store.setState({ stale: true })
        return
      }
      timer ??= setTimeout(() => {
        timer = undefined
        void load()
      }, refreshMs)
    },
    stop: () => {
      turn += 1
      clearTimeout(timer)
      timer = undefined
    },
  }
}
