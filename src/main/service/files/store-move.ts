import { CID } from 'multiformats/cid'
import { inlineBlock } from './block-hash.ts'
import type { Blocks } from './blocks.ts'
import { linksOf } from './dag-walk.ts'

/** Blocks copied at a time: 2 MiB under way keeps a daemon behind HTTP busy. */
const copiesAtATime = 8
const dagPbCode = 0x70

/**
 * Copies all blocks of a file that are not there yet, as they are: a file keeps its CID however its tree was built.
 * Inner nodes after what is below them, so that what has its root is whole.
 * @param onBytes called with the bytes of each block that was copied
 * @returns false when one of them is in none of the places; then some of the others were copied
 * @throws what the places throw
 */
export async function copyFile(
  root: CID,
  { from, to }: { readonly from: Pick<Blocks, 'get'>; readonly to: Blocks },
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes?: (bytes: number) => void },
): Promise<boolean> {
  const copy = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    await to.put(cid, bytes)
    onBytes?.(bytes.length)
  }
  const leaf = async (cid: CID): Promise<boolean> => {
    if (inlineBlock(cid) !== undefined || (await to.has(cid))) return true
    signal.throwIfAborted()
    const bytes = await from.get(cid)
    if (bytes === undefined) return false
    await copy(cid, bytes)
    return true
  }
  // A file is at most a few levels deep (dag-walk holds all to 8): calls within calls are no danger.
  const node = async (cid: CID, depth: number): Promise<boolean> => {
    if (cid.code !== dagPbCode) return leaf(cid)
    if (depth > 8) return false
    signal.throwIfAborted()
    const here = await to.get(cid)
    const bytes = here ?? (await from.get(cid))
    if (bytes === undefined) return false
    const links = [...linksOf(cid, bytes)]
    const inner = links.filter(({ code }) => code === dagPbCode)
    const leaves = links.filter(({ code }) => code !== dagPbCode)
    for (const child of inner) if (!(await node(child, depth + 1))) return false
    for (let at = 0; at < leaves.length; at += copiesAtATime) {
      const found = await Promise.all(leaves.slice(at, at + copiesAtATime).map(leaf))
      if (found.includes(false)) return false
    }
    if (here === undefined) await copy(cid, bytes)
    return true
  }
  return node(root, 0)
}
