/** What may wait for the window before the next part of a long answer is made: some three parts of a list of files. */
const maxUntakenChars = 1024 * 1024

/** How much of what was sent over a port the window has not taken yet, so that long answers wait for it and not in it. */
export class PortFlow {
  readonly #lengths: number[] = []
  #untakenChars = 0
  #waiting: (() => void)[] = []
  #closed = false

  /** Resolves when so little waits that more can be sent. */
  async sent(length: number): Promise<void> {
    if (this.#closed) return
    this.#lengths.push(length)
    this.#untakenChars += length
    if (this.#untakenChars > maxUntakenChars) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The window has taken one more. False when there is none that it could have taken. */
  taken(): boolean {
    const length = this.#lengths.shift()
    if (length === undefined) return false
    this.#untakenChars -= length
    if (this.#untakenChars <= maxUntakenChars) this.#release()
    return true
  }

  /** Nothing more is taken; nobody waits for it. */
  close(): void {
    this.#closed = true
    this.#release()
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
