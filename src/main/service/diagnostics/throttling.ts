/** Bits of the Raspberry Pi firmware's `get_throttled`: now in the low half, "has occurred" 16 bits above. */
const faults = [
  { bit: 0, name: 'under-voltage' },
  { bit: 1, name: 'frequency capped' },
  { bit: 2, name: 'throttled' },
  { bit: 3, name: 'soft temperature limit' },
] as const

/** Words for people: "under-voltage now", "throttled seen since boot". */
export function throttlingNotes(bits: number): string[] {
  const notes: string[] = []
  for (const { bit, name } of faults) {
    if (((bits >>> bit) & 1) === 1) notes.push(`${name} now`)
    else if (((bits >>> (bit + 16)) & 1) === 1) notes.push(`${name} seen since boot`)
  }
  return notes
}
