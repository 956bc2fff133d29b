/** What an archive has in it, by its own list. */
export interface Listed {
  readonly kind: string
  readonly entries: readonly { readonly name: string; readonly sizeBytes: number; readonly folder: boolean }[]
  /** Entries in all; null: not counted. */
  readonly count: number | null
  /** Why the list may not be all; null: it is. */
  readonly problem: string | null
}

/** Shown; the first of an archive tell what it is. */
export const maxEntries = 200
