import type { PeerId } from '../../../shared/ids.ts'
import type { Clock } from '../../base/clock.ts'
import { RateTable } from '../../base/rate-table.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import { judgedAs, type Source } from './ingest-job.ts'

/** Whatever others let in: strangers cost no more than this. At once: two swarms' worth of asks. */
const allShare = { perS: 10, burst: 2_000 }
/** Of one neighbour that is trusted. It lets in little itself; at once it may hand over all that are kept. */
const memberShare = { perS: 5, burst: 1_000 }
/**
 * Of all neighbours together that nobody has spoken for, and of all links of lines, where names are only said: a share
 * for each would be one for every name that a flooder gives itself. At once: a few classrooms; in the long run so few that
 * who asked half an hour ago is not pushed out yet.
 */
const strangersShare = { perS: 1 / 2, burst: 200 }
/** What each of them may bring all the same when the others have used that up. */
const strangerShare = { perS: 1 / 10, burst: 4 }
/** What such a neighbour may bring in vain: an honest one lets in no more than `allShare` itself. */
const patience = { perS: 10, burst: 600 }
/** Links with a share of their own; past this the one that brought one longest ago begins anew. */
const maxLinks = 1_000

/**
 * How many asks of strangers to be let in are taken, by who hands them over: their authors can be invented, as many as
 * one likes. A linked peer that asks for itself is held by its author's rate alone, so it is heard beside any flood.
 */
export class AskRates {
  readonly #isStranger: (peer: PeerId) => boolean
  readonly #all: TokenBucket
  readonly #strangers: TokenBucket
  readonly #own: RateTable
  readonly #patience: RateTable

  constructor(deps: { readonly clock: Clock; readonly isStranger: (peer: PeerId) => boolean }) {
    this.#own = new RateTable(deps.clock, { max: maxLinks })
    this.#patience = new RateTable(deps.clock, { max: maxLinks })
    this.#isStranger = deps.isStranger
    this.#all = new TokenBucket(deps.clock, allShare)
    this.#strangers = new TokenBucket(deps.clock, strangersShare)
  }

  /** `flood`: and no honest peer would have brought so many. */
  take(author: PeerId, source: Source): 'taken' | 'rate' | 'flood' {
    const isProven = source.link === undefined
    if (isProven && author === source.from) return 'taken'
    const name = judgedAs(source)
    const isStranger = !isProven || this.#isStranger(source.from)
    const own = isStranger
      ? this.#own.of(`stranger ${name}`, strangerShare)
      : this.#own.of(`member ${name}`, memberShare)
    if ((own.take() || (isStranger && this.#strangers.take())) && this.#all.take()) return 'taken'
    // What was asked for, what trusted peers pass on, and what came on a line is not its bringer's doing.
    if (!isProven || !isStranger || source.how === 'catch-up') return 'rate'
    return this.#patience.of(name, patience).take() ? 'rate' : 'flood'
  }
}
