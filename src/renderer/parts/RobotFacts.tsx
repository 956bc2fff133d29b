import type { MachineView } from '../../shared/views.ts'
import { Age } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'
import { skewWords } from '../state/skew.ts'
import { ReachButton } from './network/ReachButton.tsx'
import { rolesWords, StandingWord } from './Standing.tsx'
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
          <dt>Standing</dt>
          <dd>
            <StandingWord standing={machine.standing} reason={machine.standingReason} />
            {machine.roles.length === 0 ? null : `, ${rolesWords(machine.roles)}`}
            <div className="dim">{machine.standingReason}</div>
          </dd>
          {machine.archive ? (
            <>
              <dt>Archive</dt>
              <dd>keeps what others share</dd>
            </>
          ) : null}
          <dt>Its clock</dt>
          <dd>
            {machine.clockSkewMs === null ? (
              <span className="dim">it does not say</span>
            ) : (
              (skewWords(machine.clockSkewMs) ?? 'within 2 s of swarm time')
            )}
          </dd>
          <dt>Trust root</dt>
          <dd>
            {machine.rootVersion === null ? (
              <span className="dim">it does not say</span>
            ) : (
              `version ${machine.rootVersion}`
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
        {machine.self ? null : (
          <div className="form-foot panel-foot">
            <ReachButton peer={machine.peer} name={machine.name} size="xs" />
          </div>
        )}
      </section>
      <section className="panel">
        <h2>Evidence</h2>
        <EvidenceList evidence={machine.evidence} />
      </section>
    </div>
  )
}
