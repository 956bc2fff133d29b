import type { InfoView } from '../../shared/views.ts'
import { shortId } from '../format.ts'
import { CopyIcon } from './Copy.tsx'
import { Fingerprint } from './Fingerprint.tsx'

/** The key this peer signs with. */
export function IdentityPanel({ info }: { readonly info: InfoView }) {
  return (
    <section className="panel" aria-label="Identity">
      <h2>Identity</h2>
      <dl className="facts">
        <dt>Fingerprint</dt>
        <dd>
          <Fingerprint text={info.fingerprint} label="fingerprint of this peer" />
          <div className="dim">Who admits this peer compares it with these letters.</div>
        </dd>
        <dt>Peer id</dt>
        <dd className="mono">
          <span title={info.peer}>{shortId(info.peer)}</span> <CopyIcon text={info.peer} label="Copy peer id" />
        </dd>
        <dt>Swarm</dt>
        <dd>{info.swarm.name}</dd>
        <dt>Key kept</dt>
        <dd>
          {info.identityProtection === 'system'
            ? "encrypted by the system's key store"
            : 'in a file that only your user may read'}
        </dd>
      </dl>
    </section>
  )
}
