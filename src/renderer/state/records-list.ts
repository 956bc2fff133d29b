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
  /** Those of the last answer; they stay while another question is asked. */
  readonly records: readonly RecordView[]
  /** What they answer to, as a text that differs where the question does. */
  readonly question: string
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
  /** Asks; what is shown stays until the answer comes. */
  readonly ask: (filter: RecordsFilter) => Promise<void>
  /** Reads anew what is shown. */
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

interface Question {
  readonly bucket?: string
  readonly author?: PeerId
  readonly state?: RecordState
  readonly search?: string
}

function questionOf({ bucket, author, state, search }: RecordsFilter): Question {
  const words = search.trim()
  return {
    ...(bucket === null ? {} : { bucket }),
    ...(author === null ? {} : { author }),
    ...(state === null ? {} : { state }),
    ...(words === '' ? {} : { search: words }),
  }
}

/** A page of records for a question, which grows as it is scrolled and follows changes. */
export function createRecordsList(bridge: Bridge): RecordsListStore {
  const store = createStore<RecordsList>(() => ({
    phase: 'loading',
    records: [],
    question: '',
    next: null,
    more: false,
    problem: null,
    stale: false,
    atMs: 0,
  }))
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let question: Question = {}

  const load = async (): Promise<void> => {
    const mine = ++turn
    const asked = JSON.stringify(question)
    const shown = store.getState()
    const limit = asked === shown.question ? Math.min(maxRefreshed, Math.max(pageSize, shown.records.length)) : pageSize
    try {
      const { records, next } = await bridge.api.records.list({ ...question, limit })
      if (mine !== turn) return
      store.setState(
        { phase: 'ready', records, question: asked, next, more: false, problem: null, stale: false, atMs: Date.now() },
        true,
      )
    } catch (error) {
      if (mine !== turn) return
      const state = store.getState()
      store.setState({
        // Rows of another question must not stand for an answer that did not come.
        phase: state.phase === 'ready' && state.question === asked ? 'ready' : 'failed',
        problem: problemOf(error),
        more: false,
      })
    }
  }

  const more = async (): Promise<void> => {
    const { next, records, more: already, question: shown } = store.getState()
    if (next === null || already || shown !== JSON.stringify(question) || records.length >= maxShown) return
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
    ask: (filter) => {
      question = questionOf(filter)
      return load()
    },
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
