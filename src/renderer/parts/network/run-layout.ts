import { createLayout, roundsFor, type LayoutRound, type LayoutTask } from '../../state/layout.ts'

/** A frame has 16 ms; so many of them may go into the layout where no worker can. */
const frameShareMs = 8

/**
 * Lays out a graph, telling positions as they come. In a worker; where none can be started (a policy forbids it), in
 * small pieces between frames. The returned undo stops it.
 */
export function runLayout(task: LayoutTask, onRound: (round: LayoutRound) => void): () => void {
  let stopped = false
  let stopInner = (): void => undefined
  const inFrames = (): void => {
    if (!stopped) stopInner = runInFrames(task, onRound)
  }
  try {
    const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
    stopInner = () => worker.terminate()
    worker.addEventListener('message', (event: MessageEvent<LayoutRound>) => {
      if (!stopped) onRound(event.data)
    })
    worker.addEventListener('error', () => {
      worker.terminate()
      inFrames()
    })
    worker.postMessage(task)
  } catch {
    inFrames()
  }
  return () => {
    stopped = true
    stopInner()
  }
}

function runInFrames(task: LayoutTask, onRound: (round: LayoutRound) => void): () => void {
  const layout = createLayout(task)
  const { rounds, iterations } = roundsFor(task.x.length)
  let left = rounds * iterations
  let batch = 2
  let frame = 0
  const step = (): void => {
    const began = performance.now()
    onRound(layout.round(batch))
    left -= batch
    const tookMs = performance.now() - began
    batch = Math.max(1, Math.min(iterations, Math.round(batch * (frameShareMs / Math.max(0.5, tookMs)))))
    if (left > 0) frame = requestAnimationFrame(step)
  }
  frame = requestAnimationFrame(step)
  return () => cancelAnimationFrame(frame)
}
