/**
 * Nothing jumps: while held (the pointer is inside), rows keep their places and newcomers wait.
 * Rows that went are taken out. `waiting` is how many newcomers a "3 new" pill announces.
 */
export function holdOrder(
  shown: readonly string[],
  wanted: readonly string[],
  held: boolean,
): { readonly ids: readonly string[]; readonly waiting: number } {
  if (!held || shown.length === 0) return { ids: wanted, waiting: 0 }
  const present = new Set(wanted)
  const ids = shown.filter((id) => present.has(id))
  return { ids, waiting: wanted.length - ids.length }
}
