import type { MachineView } from '../../shared/views.ts'
import { Age } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'
import { EvidenceList } from './Why.tsx'

/** How a machine is reached, and the records that speak of it. */
export function RobotFacts({ machine }: { readonly machine: MachineView }) {
  return (
    <div className="columns">
      <section className="panel">
        <h2>How we reach it</h2>
        <dl className="facts">
          <dt>Connection</dt>
          <dd>
            {machine.self
              ? 'this peer itself'
              : machine.connected
                ? 'connected now'
                : 'not connected; heard through others'}
          </dd>
          <dt>Latency</dt>
          <dd>
            {machine.latencyMs === null ? (
              <span className="dim">not measured</span>
            ) : (
              `${machine.latencyMs.toFixed(1)} ms`
            )}
          </dd>
          <dt>First heard</dt>
          <dd>
            {machine.firstHeardAtMs === null ? (
              <span className="dim">never</span>
            ) : (
              <Age atMs={machine.firstHeardAtMs} />
            )}
          </dd>
          <dt>Addresses</dt>
          <dd>
            {machine.addresses.length === 0 ? <span className="dim">it has announced none</span> : null}
            <ul>
              {machine.addresses.map((address) => (
                <li key={address} className="mono">
                  {address} <CopyIcon text={address} label={`Copy address ${address}`} />
                </li>
              ))}
            </ul>
          </dd>
        </dl>
      </section>
      <section className="panel">
        <h2>Evidence</h2>
        <EvidenceList evidence={machine.evidence} />
      </section>
    </div>
  )
}
