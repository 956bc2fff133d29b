import type { CatchUpView } from '../../../shared/checkpoint-views.ts'
import type { Cid, PeerId } from '../../../shared/ids.ts'
import { garbagePoints } from '../../net/links/offenders.ts'
import type { Announced, Candidate } from './announcements.ts'
import type { NewcomerDeps } from './newcomer.ts'
import type { Patience } from './patience.ts'
import { BadCheckpointError, factsOf, isAsAnnounced, type CheckpointTree } from './tree.ts'

export type TakeOverDeps = Pick<
  NewcomerDeps,
  'announcements' | 'bringer' | 'clock' | 'counters' | 'doubts' | 'intake' | 'log' | 'nameOf' | 'shelf'
> & { readonly node: Pick<NewcomerDeps['node'], 'offenders'> }

/** Goes at one checkpoint; between them a moment for links to come back. */
const maxTries = 3
const retryMs = 1_000

/** The root may be sound: nobody said of it what it holds. */
class WrongAnnouncementsError extends Error {
  override readonly name = 'WrongAnnouncementsError'
}

/** Its own pin: who verifies or saves the same root lets go of another. */
const heldAs = (root: string): string => `taking-${root}`

/** Brings one checkpoint from the peers that have it, holds it against what was said of it, and takes it into the book. */
export class TakeOver {
  readonly #deps: TakeOverDeps
  readonly #report: (patch: Partial<CatchUpView>) => void

  constructor(deps: TakeOverDeps, init: { readonly report: (patch: Partial<CatchUpView>) => void }) {
    this.#deps = deps
    this.#report = init.report
  }

  /** Takes it over whole, or says why not: what was said of it was wrong, or it is itself. */
  async take(
    candidate: Candidate,
    signal: AbortSignal,
    patience: Patience,
  ): Promise<'taken' | 'wrongly announced' | 'not sound'> {
    const { clock, counters, doubts, log, node } = this.#deps
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      try {
        await this.#bring(candidate, signal, patience)
        counters.add('checkpoints.taken')
        return 'taken'
      } catch (err) {
        signal.throwIfAborted()
        if (err instanceof WrongAnnouncementsError) return 'wrongly announced'
        if (err instanceof BadCheckpointError) {
          counters.add('checkpoints.refused:bad')
          doubts.add(candidate.root, err.problems[0] ?? 'it is not sound')
          // Whoever announced this very root made it, or took it over unseen.
          for (const { peer, how } of candidate.signers) {
            if (how === 'announced') node.offenders.add(peer, 3 * garbagePoints)
          }
          log.warn({ root: candidate.root, problems: err.problems }, 'a checkpoint is not sound; another way is taken')
          return 'not sound'
        }
        if (!(err instanceof Error) || err.name !== 'NoProviderError') throw err
        log.debug({ err, attempt }, 'a block of a checkpoint did not come; it is tried again')
        if (attempt + 1 < maxTries) await clock.sleep(retryMs * (attempt + 1), { signal })
      }
    }
    counters.add('checkpoints.refused:missing')
    doubts.add(candidate.root, 'a block of it did not come from any peer', { forMs: 10 * 60_000 })
    return 'not sound'
  }

  /** Holds what is there against everything that is said of it: who said something else is blamed, and nobody else. */
  #believed(tree: CheckpointTree, candidate: Candidate): Announced {
    const { announcements, counters, log, node } = this.#deps
    // Some may have come since.
    const { said } = announcements.candidates().find(({ root }) => root === candidate.root) ?? candidate
    const right = said.filter((one) => isAsAnnounced(tree, one))
    for (const one of said) {
      if (right.includes(one)) continue
      counters.add('checkpoints.refused:announcement')
      log.warn({ root: candidate.root, by: one.by }, 'a checkpoint does not hold what an announcement says')
      announcements.refute(one)
      node.offenders.add(one.by, 3 * garbagePoints)
    }
    const [first] = right
    if (first === undefined) throw new WrongAnnouncementsError(`nobody says what ${candidate.root} holds`)
    return first
  }

  async #bring(candidate: Candidate, signal: AbortSignal, patience: Patience): Promise<void> {
    const { announcements, bringer, clock, intake, nameOf, shelf } = this.#deps
    const { root } = candidate
    const held = heldAs(root)
    let { announced } = candidate
    const sources = new Set<PeerId>()
    const startedMs = clock.monotonic()
    let before = 0
    this.#report({
      phase: 'checkpoint',
      root: announced.root.toString() as Cid,
      doneRecords: 0,
      totalRecords: announced.records,
      doneChunks: 0,
      totalChunks: announced.chunks,
      recordsPerS: 0,
      startedAtMs: Math.trunc(clock.now()),
      reason: `the checkpoint that ${nameOf(announced.by)} announced is taken over`,
    })
    try {
      await bringer.bring(
        announced.root,
        {
          signal,
          signers: () => announcements.signersOf(root),
          onFrom: (peer) => sources.add(peer),
          onTree: (tree) => {
            announced = this.#believed(tree, candidate)
            this.#report({ totalRecords: announced.records, totalChunks: announced.chunks })
            shelf.hold(held, tree.cids)
          },
        },
        async (tree, load) => {
          await intake.take(tree, {
            load,
            signal,
            from: announced.by,
            onProgress: ({ records, chunks }) => {
              patience.renew(records - before)
              before = records
              const seconds = Math.max(0.001, (clock.monotonic() - startedMs) / 1_000)
              this.#report({
                doneRecords: records,
                doneChunks: chunks,
                recordsPerS: records / seconds,
                sources: [...sources].map(nameOf),
              })
            },
          })
          // Every chunk is here, and may help the next newcomer.
          shelf.add({ ...factsOf(tree, announced.at), how: 'fetched', sharedChunks: 0 }, tree.cids)
        },
      )
    } catch (error) {
      // What was begun stays when the peer stops: the next run goes on with it.
      if (!signal.aborted) shelf.release(held)
      throw error
    }
    shelf.release(held)
  }
}
