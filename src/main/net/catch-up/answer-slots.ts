import type { PeerId } from '../../../shared/ids.ts'

/** Members that we answer at the same time; others are told to come back. */
const maxMembers = 4
/** Strangers, besides: they must not take members' places. */
const maxStrangers = 1
/** Of one peer: a session, and the telling of news beside it. */
const maxStreamsOfOne = 2

interface Slot {
  readonly peer: PeerId
  readonly isStranger: boolean
}

/** Whose questions are being answered. */
export class AnswerSlots {
  readonly #open = new Set<Slot>()
  readonly #isStranger: (peer: PeerId) => boolean

  constructor(deps: { readonly isStranger: (peer: PeerId) => boolean }) {
    this.#isStranger = deps.isStranger
  }

  /** What gives the place back; null when there is none. */
  take(peer: PeerId): (() => void) | null {
    const isStranger = this.#isStranger(peer)
    const open = [...this.#open]
    const own = open.filter((slot) => slot.peer === peer).length
    const others = new Set(open.filter((slot) => slot.isStranger === isStranger).map((slot) => slot.peer))
    if (own >= maxStreamsOfOne) return null
    if (own === 0 && others.size >= (isStranger ? maxStrangers : maxMembers)) return null
    const slot: Slot = { peer, isStranger }
    this.#open.add(slot)
    return () => void this.#open.delete(slot)
  }
}
