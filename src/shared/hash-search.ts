/**
 * Fewer signs begin every CID (`bafybei`, `bafkrei`), and are found by chance in many a hash: words that are looked for in
 * names would find files that have nothing to do with them.
 */
const minLength = 8

/** Whether words that are looked for, in small letters, are the beginning of this CID or SHA-1. */
export function beginsHash(words: string, hash: string | null): boolean {
  return hash !== null && words.length >= minLength && hash.toLowerCase().startsWith(words)
}
