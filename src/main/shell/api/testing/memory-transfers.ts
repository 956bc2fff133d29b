import { SwarmError } from '../../../../shared/errors.ts'
import type { TransferView } from '../../../../shared/views.ts'
import type { ApiFiles } from '../api-peer.ts'

/** Transfers in memory: all have ended, and what is asked of them is noted in `asked`. */
export class MemoryTransfers {
  readonly asked: unknown[][]
  readonly ended: TransferView[] = []

  constructor(asked: unknown[][]) {
    this.asked = asked
  }

  readonly list: ApiFiles['transfers'] = {
    views: () => this.ended,
    view: (id) => this.ended.find((transfer) => transfer.id === id),
    cancel: (id) => transferView(id, { state: 'cancelled' }),
    pause: (id) => this.#known(id, { state: 'paused' }),
    resume: (id) => this.#known(id, { state: 'waiting' }),
    setPriority: (id, priority) => this.#known(id, { priority }),
    clearEnded: () => void this.ended.splice(0),
  }

  #known(id: string, change: Partial<TransferView>): TransferView {
    const before = this.list.view(id)
    if (before === undefined) throw new SwarmError('NOT_FOUND', `no transfer "${id}" is known`)
    this.asked.push([id, change])
    return { ...before, ...change }
  }
}

/** A fetch that is done, but for `change`. */
export function transferView(id: string, change: Partial<TransferView>): TransferView {
  return {
    id,
    kind: 'fetch',
    name: '',
    cid: null,
    sizeBytes: null,
    doneBytes: 0,
    bytesPerS: 0,
    remainingMs: null,
    state: 'done',
    step: 'done',
    error: null,
    startedAtMs: 1,
    endedAtMs: 1,
    path: null,
    priority: 'normal',
    group: null,
    from: [],
    ...change,
  }
}
