import { Button } from '@mantine/core'
import { useState } from 'react'
import type { TrustView } from '../../../shared/trust-views.ts'
import { useInfo } from '../../state/use-info.ts'
import { Fingerprint } from '../Fingerprint.tsx'
import { rolesWords, StandingWord } from '../Standing.tsx'
import { JoinDialog } from './JoinDialog.tsx'

/** The swarm that this peer is in, and the way to another. */
export function SwarmPanel({ trust }: { readonly trust: TrustView }) {
  const { swarm, self } = trust
  const [joining, setJoining] = useState(false)
  const info = useInfo()
  return (
    <section className="panel" aria-label="Swarm">
      <h2>Swarm</h2>
      <dl className="facts">
        <dt>Name</dt>
        <dd>{swarm.name}</dd>
        <dt>Fingerprint</dt>
        <dd>
          <Fingerprint text={swarm.fingerprint} label="fingerprint of the swarm" />
        </dd>
        <dt>Network</dt>
        <dd>
          {swarm.private
            ? 'private: nobody without its key completes a handshake'
            : 'open: strangers may connect, and change nothing'}
        </dd>
        <dt>This peer</dt>
        <dd>
          <StandingWord standing={self.standing} reason={self.reason} />
          {self.roles.length === 0 ? null : `, ${rolesWords(self.roles)}`}
          <div className="dim">{self.reason}</div>
        </dd>
        {info === null ? null : (
          <>
            <dt>Its fingerprint</dt>
            <dd>
              <Fingerprint text={info.fingerprint} label="fingerprint of this peer" />
            </dd>
          </>
        )}
      </dl>
      <div className="form-foot panel-foot">
        <Button size="xs" variant="default" onClick={() => setJoining(true)}>
          Join another swarm…
        </Button>
      </div>
      {joining ? <JoinDialog onClose={() => setJoining(false)} /> : null}
    </section>
  )
}
