import { Button, Checkbox, NumberInput } from '@mantine/core'
import { useState } from 'react'
import type { TrustRole, TrustView } from '../../../shared/trust-views.ts'
import { useStores } from '../../state/context.ts'
import { roleWords } from '../../state/trust-words.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'

/** The rules of the buckets, as they are in force. */
export function PoliciesPanel({ trust }: { readonly trust: TrustView }) {
  const [chosen, setChosen] = useState<string | null>(null)
  const may = trust.self.standing === 'root'
  return (
    <section className="panel" aria-label="Rules of the buckets">
      <h2>Rules of the buckets</h2>
      <ul className="rows">
        {trust.policies.map(({ bucket, rule, own }) => (
          <li key={bucket} className="row" aria-label={bucket}>
            <div className="row-text">
              <a href={`#/records/${bucket}`}>{bucket}</a>{' '}
              {own ? <span className="chip">this swarm&apos;s own rule</span> : null}
              <div className="dim">{rule}</div>
            </div>
            {/* The bucket trust rules itself: its rule is the root's. */}
            {may && bucket !== 'trust' ? (
              <div className="row-acts">
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Change the rule of ${bucket}…`}
                  onClick={() => setChosen(bucket)}
                >
                  Change…
                </Button>
              </div>
            ) : null}
          </li>
        ))}
      </ul>
      {chosen === null ? null : <PolicyDialog bucket={chosen} trust={trust} onClose={() => setChosen(null)} />}
    </section>
  )
}

interface PolicyDialogProps {
  readonly bucket: string
  readonly trust: TrustView
  readonly onClose: () => void
}

function rolesOf(values: readonly string[]): TrustRole[] {
  return roleWords.map((role) => role.value).filter((role) => values.includes(role))
}

function PolicyDialog({ bucket, trust, onClose }: PolicyDialogProps) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const [authors, setAuthors] = useState<readonly TrustRole[]>(['operator'])
  const [endorsers, setEndorsers] = useState<readonly TrustRole[]>(['operator'])
  const [count, setCount] = useState(1)
  const policy = trust.policies.find((one) => one.bucket === bucket)
  const threshold = trust.root?.threshold ?? 1
  const save = (builtIn: boolean): void =>
    run(async () => {
      const rule = { authors: [...authors], endorse: { roles: [...endorsers], count } }
      await bridge.api.trust.setPolicy({ bucket, rule: builtIn ? null : rule })
      onClose()
    })
  return (
    <Dialog title={`Rule of ${bucket}`} opened onClose={onClose}>
      <p className="dim">In force: {policy?.rule ?? 'the built-in rule'}</p>
      <p>
        A rule holds for what is there already, too: records that it does not accept stop counting on every machine.
        {threshold > 1 ? ` It needs ${threshold} root keys: this becomes a proposal, with your signature on it.` : ''}
      </p>
      <Roles label="Who may author" value={authors} onChange={setAuthors} />
      <Roles label="Whose endorsement counts" value={endorsers} onChange={setEndorsers} />
      <NumberInput
        label="Endorsements that it takes"
        description="0: a record counts at once"
        min={0}
        max={16}
        value={count}
        onChange={(value) => setCount(typeof value === 'number' ? value : 0)}
        w="14rem"
      />
      <ProblemNote problem={problem} />
      <div className="dialog-foot">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        {policy?.own === true ? (
          <Button variant="default" loading={busy} onClick={() => save(true)}>
            Built-in rule again
          </Button>
        ) : null}
        <Button disabled={endorsers.length === 0} loading={busy} onClick={() => save(false)}>
          {threshold > 1 ? 'Propose' : 'Set the rule'}
        </Button>
      </div>
    </Dialog>
  )
}

interface RolesProps {
  readonly label: string
  readonly value: readonly TrustRole[]
  readonly onChange: (roles: readonly TrustRole[]) => void
}

function Roles({ label, value, onChange }: RolesProps) {
  return (
    <Checkbox.Group label={label} value={[...value]} onChange={(chosen: string[]) => onChange(rolesOf(chosen))}>
      <div className="choices" data-inline>
        {roleWords.map((role) => (
          <Checkbox key={role.value} value={role.value} label={role.label} />
        ))}
      </div>
    </Checkbox.Group>
  )
}
