/** Times and counters of a header say nothing that the time of the message does not. */
const skipped = /^(header|stamp|timestamp|seq|sec|nsec|nanosec|secs|nsecs|time|frame_id)$/
const maxFields = 24
const maxDepth = 5

/** The numbers of a message by their path ("pose.position.x"), in its order; of arrays none. */
export function numberFields(message: unknown): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  collect(message, '', 0, found)
  return found
}

function collect(value: unknown, path: string, depth: number, found: Map<string, number>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return
  for (const [name, inner] of Object.entries(value)) {
    if (found.size >= maxFields) return
    if (skipped.test(name)) continue
    const at = path === '' ? name : `${path}.${name}`
    if (typeof inner === 'number' || typeof inner === 'bigint') {
      if (Number.isFinite(Number(inner))) found.set(at.slice(0, 200), Number(inner))
    } else if (depth < maxDepth) collect(inner, at, depth + 1, found)
  }
}
