/** Work that is done in steps, between which it can be left off. */
export type Steps<Value> = Generator<void, Value, void>

/** So long a step may go on before the window gets a turn: half of what a frame has. */
const sliceMs = 8

export interface Stepper<Value> {
  /** Does this work next; what was asked for and not begun is forgotten, what is begun is finished first. */
  readonly run: (work: () => Steps<Value>) => void
  readonly stop: () => void
}

/**
 * Does long work bit by bit. What is asked for faster than it can be done is done as often as it can be, always with the
 * latest: a list that changes all the time is drawn all the same.
 * @param take gets each result; `late`: the window had a turn in between
 */
export function createStepper<Value>(take: (value: Value, late: boolean) => void): Stepper<Value> {
  let wanted: (() => Steps<Value>) | null = null
  let running: Steps<Value> | null = null
  let timer: ReturnType<typeof setTimeout> | null = null

  const go = (late: boolean): void => {
    timer = null
    const untilMs = performance.now() + sliceMs
    while (running !== null || wanted !== null) {
      if (running === null && wanted !== null) {
        running = wanted()
        wanted = null
      }
      const step = running?.next()
      if (step?.done === true) {
        running = null
        take(step.value, late)
      }
      if (performance.now() < untilMs) continue
      if (running !== null || wanted !== null) timer = setTimeout(() => go(true), 0)
      return
    }
  }

  return {
    run: (work) => {
      wanted = work
      if (timer === null) go(false)
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer)
      timer = null
      wanted = null
      running = null
    },
  }
}

/** All of it at once, for what is short. */
export function finish<Value>(steps: Steps<Value>): Value {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
