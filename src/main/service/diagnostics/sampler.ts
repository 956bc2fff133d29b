import type { HealthView } from '../../../shared/views.ts'

/** What a body tells of itself at one moment. What it cannot measure is absent (or null), never 0. */
export type Sample = Omit<HealthView, 'atMs'>

/**
 * Where samples come from: this machine (`SystemSampler`) or a simulated body.
 * `sample` must be cheap: it is called every 2 s. It throws only when nothing at all can be read.
 */
export interface Sampler {
  start(): Promise<void>
  stop(): Promise<void>
  sample(): Promise<Sample>
}
