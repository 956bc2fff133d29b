/**
 * What starts and stops. Both are idempotent; `stop` works after a failed `start` and resolves once
 * every timer, listener, stream and handle that `start` made is gone.
 */
export interface Startable {
  start(options?: { readonly signal?: AbortSignal }): Promise<void>
  stop(): Promise<void>
}

/** Starts parts in order; if one fails, those already started are stopped in reverse and the error is rethrown. */
export async function startAll(
  parts: readonly Startable[],
  options?: { readonly signal?: AbortSignal },
): Promise<void> {
  const started: Startable[] = []
  try {
    for (const part of parts) {
      started.push(part)
      await part.start(options)
    }
  } catch (error) {
    await stopAll(started).catch(() => {})
    throw error
  }
}

/** Stops parts in reverse order. Every part is stopped even when one throws; the first error is rethrown at the end. */
export async function stopAll(parts: readonly Startable[]): Promise<void> {
  const errors: unknown[] = []
  for (const part of parts.toReversed()) {
    try {
      await part.stop()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
