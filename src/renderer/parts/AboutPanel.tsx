import type { InfoView } from '../../shared/views.ts'
import { Age } from './Age.tsx'
import { CopyIcon } from './Copy.tsx'
import { LabPanel } from './LabPanel.tsx'

/** Version and places of this peer, and its lab. */
export function AboutPanel({ info }: { readonly info: InfoView }) {
  return (
    <>
      {info.can.lab ? <LabPanel /> : null}
      <section className="panel" aria-label="About">
        <h2>About</h2>
        <dl className="facts">
          <dt>dt-swarm</dt>
          <dd>{info.version}, Apache-2.0</dd>
          <dt>Started</dt>
          <dd>
            <Age atMs={info.startedAtMs} />
          </dd>
          <dt>Home</dt>
          <dd className="mono">
            {info.home} <CopyIcon text={info.home} label="Copy home folder" />
          </dd>
          <dt>Web console</dt>
          <dd className="mono">{info.web ?? <span className="dim">off</span>}</dd>
          <dt>Addresses</dt>
          <dd>
            <ul>
              {info.addresses.map((address) => (
                <li key={address} className="mono">
                  {address} <CopyIcon text={address} label={`Copy address ${address}`} />
                </li>
              ))}
              {info.addresses.length === 0 ? <li className="dim">listens nowhere</li> : null}
            </ul>
          </dd>
        </dl>
      </section>
    </>
  )
}
