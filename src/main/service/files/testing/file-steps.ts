import { expect, vi } from 'vitest'
import type { Cid } from '../../../../shared/ids.ts'
import type { TransferView } from '../../../../shared/views.ts'
import { startFilePeers, type FilePeer } from './file-peers.ts'

/** Steps that tests of the whole file service share. */
export const waitFor = <Result>(look: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(look, { timeout: 15_000, interval: 20 })

export async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000)
}

export async function pair(init = {}): Promise<[FilePeer, FilePeer]> {
  const [a, b] = await startFilePeers(['a', 'b'], init)
  if (a === undefined || b === undefined) throw new Error('two peers were asked for')
  await waitFor(() => expect(b.node.linked(a.peerId)).toBe(true))
  return [a, b]
}

export const ended = (peer: FilePeer, { id }: { id: string }): Promise<TransferView> =>
  waitFor(() => {
    const view = peer.files.transfers.view(id)
    expect(view?.endedAtMs).not.toBeNull()
    if (view === undefined) throw new Error('the transfer is gone')
    return view
  })

export async function shared(peer: FilePeer, name: string, bytes: Uint8Array): Promise<Cid> {
  const view = await peer.files.sharing.shareStream(name, stream(bytes), { sizeBytes: bytes.length })
  expect(view).toMatchObject({ state: 'done', doneBytes: bytes.length, error: null })
  if (view.cid === null) throw new Error('no CID')
  return view.cid
}
