import { PriorityGate } from './priority-gate.ts'

/** Lets so many in at a time; the others wait in order. */
export class Gate {
  readonly #gate: PriorityGate

  constructor(places: number) {
    this.#gate = new PriorityGate(places)
  }

  /** Runs `work` when there is a place. Rejects when the signal aborts before. */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.#gate.run(signal, () => 'normal', work)
  }
}
