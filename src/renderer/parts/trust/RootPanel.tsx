import { Button, Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { isPeerId, type PeerId } from '../../../shared/ids.ts'
import { rootRisk } from '../../../shared/root-risk.ts'
import type { TrustView } from '../../../shared/trust-views.ts'
import { formatExact, formatUntil } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useNow } from '../../state/clock.ts'
import { useStores } from '../../state/context.ts'
import { memberName } from '../../state/trust-words.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

/** The keys that decide about all others: k of n. */
export function RootPanel({ trust }: { readonly trust: TrustView }) {
  const nowMs = useNow()
  const [changing, setChanging] = useState(false)
  const { root } = trust
  return (
    <section className="panel" aria-label="Root keys">
      <h2>Root keys</h2>
      {root === null ? (
        <p className="dim">
          The root of this swarm has not been heard yet. Until it is, nobody has a role here: connect to a member.
        </p>
      ) : (
        <>
          <dl className="facts">
            <dt>Must sign</dt>
            <dd>
              <Dots filled={root.threshold} of={root.keys.length} /> {root.threshold} of {root.keys.length}
            </dd>
            <dt>Keys</dt>
            <dd>
              <ul>
                {root.keys.map((key) => (
                  <li key={key.peer}>
                    <a href={hrefOf({ page: 'robot', peer: key.peer, tab: 'health' })} title={key.peer}>
                      {memberName(key)}
                    </a>
                  </li>
                ))}
              </ul>
            </dd>
            <dt>Version</dt>
            <dd>
              {root.version}{' '}
              <a href={hrefOf({ page: 'records', bucket: 'trust', record: root.recordId })}>its record</a>
            </dd>
            <dt>Ends</dt>
            <dd title={formatExact(root.expiresAtMs)}>{formatUntil(root.expiresAtMs, nowMs)}</dd>
          </dl>
          {root.keys.length === 1 ? (
            <p className="dim">
              One key is one way to lose it all: with two of three, a lost key is replaced by the others.
            </p>
          ) : null}
          {trust.self.standing === 'root' ? (
            <Button size="xs" variant="default" onClick={() => setChanging(true)}>
              Change root keys…
            </Button>
          ) : null}
        </>
      )}
      {changing ? <RootDialog trust={trust} onClose={() => setChanging(false)} /> : null}
    </section>
  )
}

/** A threshold as dots. */
function Dots({ filled, of }: { readonly filled: number; readonly of: number }) {
  return (
    <span className="dots" aria-hidden>
      {Array.from({ length: of }, (_, i) => (
        <span key={i} data-on={i < filled} />
      ))}
    </span>
  )
}

/** Keys that may become root keys: those that are, then operators and servers. A robot is seldom where its key is safe. */
function offeredKeys({ root, members }: TrustView): readonly { readonly peer: PeerId; readonly name: string | null }[] {
  const now = root?.keys ?? []
  const rank = ({ roles }: TrustView['members'][number]): number =>
    roles.includes('operator') ? 0 : roles.includes('server') || roles.includes('release') ? 1 : 2
  const others = members
    .filter(({ peer, standing }) => standing !== 'revoked' && !now.some((key) => key.peer === peer))
    .toSorted((a, b) => rank(a) - rank(b))
  return [...now, ...others].map(({ peer, name }) => ({ peer, name }))
}

function RootDialog({ trust, onClose }: { readonly trust: TrustView; readonly onClose: () => void }) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const now = trust.root?.keys.map((key) => key.peer) ?? []
  const [keys, setKeys] = useState<readonly PeerId[]>(now)
  const [threshold, setThreshold] = useState(trust.root?.threshold ?? 1)
  const [other, setOther] = useState('')
  const [offered, setOffered] = useState(() => offeredKeys(trust))
  const typed = other.trim()
  const add = (): void => {
    if (!isPeerId(typed) || keys.includes(typed)) return
    setKeys([...keys, typed])
    if (!offered.some((one) => one.peer === typed)) setOffered([{ peer: typed, name: null }, ...offered])
    setOther('')
  }
  const fits = keys.length >= 1 && keys.length <= 16 && threshold >= 1 && threshold <= keys.length
  const risk = fits ? rootRisk(keys.length, threshold) : null
  const save = (): void =>
    run(async () => {
      await bridge.api.trust.setRoot({ keys: [...keys], threshold })
      onClose()
    })
  return (
    <Dialog title="Change root keys" opened onClose={onClose}>
      <p>
        The new set counts once {trust.root?.threshold ?? 1} of the old keys and {threshold} of the new ones have signed
        it. Until then the old set stays in force; nothing is interrupted.
      </p>
      <Checkbox.Group
        label="Keys"
        value={[...keys]}
        onChange={(value: string[]) => setKeys(value.filter((one) => isPeerId(one)))}
      >
        <div className="choices">
          {offered.map((one) => (
            <Checkbox key={one.peer} value={one.peer} label={memberName(one)} description={one.peer} />
          ))}
        </div>
      </Checkbox.Group>
      <div className="inline">
        <TextInput
          label="Another key, by peer id"
          placeholder="12D3KooW…"
          value={other}
          error={typed !== '' && !isPeerId(typed) ? 'A peer id begins with 12D3KooW and has 52 letters.' : undefined}
          onChange={(event) => setOther(event.currentTarget.value)}
          style={{ flex: 1 }}
        />
        <Button variant="default" disabled={!isPeerId(typed)} onClick={add}>
          Add
        </Button>
      </div>
      <NumberInput
        label="How many must sign"
        min={1}
        max={Math.max(1, keys.length)}
        value={threshold}
        error={threshold > keys.length ? `There are only ${keys.length} keys.` : undefined}
        onChange={(value) => setThreshold(typeof value === 'number' ? value : 1)}
        w="12rem"
      />
      {risk === null ? null : (
        <div className="warning" role="status">
          <LevelMark level="look" />
          <span className="warning-text">
            {risk}. It can be signed all the same. <span className="dim mono">ROOT_CAN_FORK</span>
          </span>
        </div>
      )}
      {keys.length === 1 && now.length > 1 ? (
        <p className="level-look">One key is one way to lose it all: nobody can replace it when it is lost.</p>
      ) : null}
      <ProblemNote problem={problem} />
      <DialogFoot no="Leave it" onNo={onClose} yes="Sign the new root" onYes={save} busy={busy} disabled={!fits} />
    </Dialog>
  )
}
