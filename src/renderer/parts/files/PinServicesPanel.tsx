import { Button } from '@mantine/core'
import { useState } from 'react'
import type { PinServiceView } from '../../../shared/pinning-views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { Asked } from '../Asked.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'
import { ForgetServiceDialog } from './ForgetServiceDialog.tsx'
import { PinServiceDialog } from './PinServiceDialog.tsx'

/** Places outside the swarm that keep copies: which, whether they answer, and how they come and go. */
export function PinServicesPanel() {
  const { pinServices } = useStores()
  const info = useInfo()
  const [adding, setAdding] = useState(false)
  return (
    <section className="panel" aria-label="Pinning services">
      <h2>Pinning services</h2>
      <p className="dim">
        They keep copies outside the swarm: IPFS Cluster, Pinata and others that speak the IPFS Pinning Service API. Who
        pins a file may give it to anybody.
      </p>
      {info?.swarm.private === true ? (
        <p className="level-look">
          This swarm has a network key, so no service can link to this peer: it can only get files that Kubo keeps.
        </p>
      ) : null}
      <Asked of={pinServices} failed="They could not be read" loading="Loading the pinning services" rows={2}>
        {(services) => (
          <>
            {services.length === 0 ? (
              <p className="dim">None yet. Once one is added, the panel of a file on the Logs page has “Pin at…”.</p>
            ) : null}
            <ul className="rows" aria-label="Pinning services">
              {services.map((service) => (
                <ServiceRow key={service.name} service={service} />
              ))}
            </ul>
            <div className="panel-foot">
              <Button size="xs" variant="default" onClick={() => setAdding(true)}>
                Add a service…
              </Button>
            </div>
          </>
        )}
      </Asked>
      {adding ? <PinServiceDialog onClose={() => setAdding(false)} /> : null}
    </section>
  )
}

function ServiceRow({ service }: { readonly service: PinServiceView }) {
  const { bridge, pinServices } = useStores()
  const { name, endpoint, hasToken, pins } = service
  const [open, setOpen] = useState<'change' | 'forget' | null>(null)
  const [answered, setAnswered] = useState(false)
  const { busy, problem, run } = useAct()
  const test = (): void => {
    setAnswered(false)
    run(async () => {
      // Setting it as it is asks it once, with the token that it has.
      await bridge.api.pinning.setService({ name, endpoint })
      await pinServices.load()
      setAnswered(true)
    })
  }
  return (
    <li className="row" aria-label={name}>
      <span className="row-text">
        {service.problem === null ? null : (
          <>
            <LevelMark level="look" />{' '}
          </>
        )}
        <strong>{name}</strong>{' '}
        <span className="dim">
          {hasToken ? 'with a token' : 'without a token'} · {plural(pins, 'pin')}
        </span>
        <br />
        <span className="dim mono">{endpoint}</span>
        {service.problem === null || problem !== null ? null : (
          <span className="row-problem level-look">{service.problem}</span>
        )}
      </span>
      <span className="row-acts">
        <output className="level-ok">{answered && !busy ? '✓ It answers' : ''}</output>
        <Button size="compact-xs" variant="default" loading={busy} aria-label={`Test ${name}`} onClick={test}>
          Test
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Change ${name}…`}
          onClick={() => {
            setAnswered(false)
            setOpen('change')
          }}
        >
          Change…
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          color="red"
          className="danger"
          aria-label={`Remove ${name}…`}
          onClick={() => setOpen('forget')}
        >
          Remove…
        </Button>
      </span>
      <ProblemNote problem={problem} />
      {open === 'change' ? <PinServiceDialog service={service} onClose={() => setOpen(null)} /> : null}
      {open === 'forget' ? <ForgetServiceDialog service={service} onClose={() => setOpen(null)} /> : null}
    </li>
  )
}
