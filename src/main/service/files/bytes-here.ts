import { CID } from 'multiformats/cid'
import type { Cid } from '../../../shared/ids.ts'
import { pieces } from './dag-walk.ts'
import type { Blocks } from './blocks.ts'

/** A node of the tree that is not here: what is below it is not known, and counts as not here. */
class NotHere extends Error {}

/** How much of a file is in the store, up to the first inner node that is missing. Reads inner nodes only. */
export async function bytesHere(
  cid: Cid,
  blocks: Pick<Blocks, 'get' | 'has'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const load = async (one: CID): Promise<Uint8Array> => {
    const bytes = await blocks.get(one)
    if (bytes === undefined) throw new NotHere()
    return bytes
  }
  let here = 0
  try {
    for await (const piece of pieces(CID.parse(cid), load, { signal })) {
      if (piece.kind === 'bytes') here += piece.bytes.length
      else if (await blocks.has(piece.cid)) here += piece.sizeBytes
    }
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
  }
  return here
}
