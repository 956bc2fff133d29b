/** `12.3 MB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A size and the limit that it goes beyond: to the byte where rounded they would look the same. */
export function beyondText(bytes: number, limitBytes: number): readonly [bytes: string, limit: string] {
  const texts = [bytesText(bytes), bytesText(limitBytes)] as const
  return texts[0] === texts[1] ? [`${bytes} bytes`, `${limitBytes} bytes`] : texts
}
