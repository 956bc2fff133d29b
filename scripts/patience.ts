import { vi } from 'vitest'

/**
 * How long a test waits for a condition before it calls it a failure. Vitest's own second is shorter than a busy
 * machine may take for one turn; a condition that holds is seen at once all the same, so that this costs nothing.
 */
export const patienceMs = 20_000

const waitFor = vi.waitFor
vi.waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: patienceMs, ...options })
