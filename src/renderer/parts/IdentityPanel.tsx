import type { InfoView } from '../../shared/views.ts'
import { fingerprint } from '../format.ts'
import { CopyIcon } from './Copy.tsx'

/** The key this peer signs with. */
export function IdentityPanel({ info }: { readonly info: InfoView }) {
  return (
    <section className="panel" aria-label="Identity">
      <h2>Identity</h2>
      <dl className="facts">
        <dt>Fingerprint</dt>
        <dd>
          <span className="finger mono">
            {fingerprint(info.peer).map((group, i) => (
              <span key={`${i} ${group}`}>{group}</span>
            ))}
          </span>
          <CopyIcon text={info.peer} label="Copy peer id" />
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
