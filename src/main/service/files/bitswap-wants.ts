import { base64 } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'
import type { RemotePeer } from './bitswap-host.ts'

/** What a peer wants of us, by the multihash in base64. */
interface Ledger {
  readonly wants: Map<string, { readonly status: 'want' | 'sending' | 'sent' }>
}

/** Helia's book of what peers want of us: what we use of it. */
export interface PeerWantLists {
  readonly ledgerMap: { get(peer: RemotePeer): Ledger | undefined }
  receiveMessage(peer: RemotePeer, message: { readonly wantlist?: { readonly entries: readonly Want[] } }): void
}

interface Want {
  readonly cid: Uint8Array
  readonly cancel?: boolean
}

/**
 * Has each want answered that comes, whatever was answered to one for the same block before.
 *
 * Helia's book overlooks a want for a block that it has sent within a time, and one for a block of which it has said
 * that it is not here. And a want to know ("do you have it?") that becomes a want for the block when that time is over
 * is forgotten before it is answered: Kubo, which asks so for every file, then waits 45 s and asks once more.
 */
export function answerEachWant(lists: PeerWantLists): void {
  const receive = lists.receiveMessage.bind(lists)
  lists.receiveMessage = (peer, message) => {
    const wants = lists.ledgerMap.get(peer)?.wants
    for (const { cid, cancel } of message.wantlist?.entries ?? []) {
      const key = wants === undefined || cancel === true ? null : keyOf(cid)
      // What is being answered right now is joined with it by the book itself.
      if (key !== null && wants?.get(key)?.status !== 'sending') wants?.delete(key)
    }
    receive(peer, message)
  }
}

/** Null for bytes that are no CID: the book refuses the message. */
function keyOf(cid: Uint8Array): string | null {
  try {
    return base64.baseEncode(CID.decode(cid).multihash.bytes)
  } catch {
    return null
  }
}
