import { createLayout, roundsFor, type LayoutTask } from '../../state/layout.ts'

/** Lays a graph out beside the window, so that the window never waits: a task in, rounds of positions out. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LayoutTask>) => void) | null
  postMessage(message: unknown): void
  close(): void
}

scope.onmessage = (event) => {
  const layout = createLayout(event.data)
  const { rounds, iterations } = roundsFor(event.data.x.length)
  for (let i = 0; i < rounds; i += 1) scope.postMessage(layout.round(iterations))
  scope.close()
}
