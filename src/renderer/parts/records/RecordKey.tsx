import { peerOf, usePeerName } from '../../state/use-peer-name.ts'

/** A key, with the name of the peer that it is about instead of its id. */
export function RecordKey({ text }: { readonly text: string }) {
  const peer = peerOf(text)
  const name = usePeerName(peer)
  return <>{peer === null ? text : text.replace(peer, name)}</>
}
