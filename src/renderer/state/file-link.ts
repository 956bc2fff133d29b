import type { ShareView } from '../../shared/views.ts'

/** `ipfs://CID/name`: what dt-swarm load, and any other IPFS program, takes. */
export function linkOf({ cid, name }: Pick<ShareView, 'cid' | 'name'>): string {
  const last = name.split('/').at(-1) ?? ''
  return last === '' ? `ipfs://${cid}` : `ipfs://${cid}/${encodeURIComponent(last)}`
}
