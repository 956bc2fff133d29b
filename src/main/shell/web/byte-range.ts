export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/**
 * What a Range header asks of `sizeBytes` bytes (RFC 9110, 14.2): one range, or null for all of it. Several ranges,
 * other units and malformed ones are answered with all, as the RFC allows, and so is any range of nothing: readers that
 * always ask for the first bytes read empty files too. `unsatisfiable` lies past the end.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null || sizeBytes === 0) return null
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return null
  if (from === '') {
    const length = Math.min(Number(to), sizeBytes)
    return length === 0 ? 'unsatisfiable' : { offset: sizeBytes - length, length }
  }
  const offset = Number(from)
  if (to !== '' && Number(to) < offset) return null
  if (offset >= sizeBytes) return 'unsatisfiable'
  const end = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  return { offset, length: end - offset + 1 }
}
