import { Button, Loader, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { InvitePreview, TrustView } from '../../../shared/trust-views.ts'
import type { InfoView } from '../../../shared/views.ts'
import { formatUntil } from '../../format.ts'
import { useNow } from '../../state/clock.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { useTrust } from '../../state/use-live.ts'
import { Dialog } from '../Dialog.tsx'
import { Fingerprint } from '../Fingerprint.tsx'
import { ProblemNote } from '../Problem.tsx'

interface JoinDialogProps {
  readonly link?: string
  readonly onClose: () => void
}

/** A link, what it says, and only then the joining. */
export function JoinDialog({ link: given = '', onClose }: JoinDialogProps) {
  const { bridge, joining } = useStores()
  const info = useInfo()
  const trust = useTrust()
  const state = useStore(joining.store)
  const [link, setLink] = useState(given)
  const [preview, setPreview] = useState<InvitePreview | null>(null)
  const { busy, problem, run } = useAct()
  const close = (): void => {
    if (state.phase !== 'moving') joining.forget()
    onClose()
  }
  const read = (): void => run(async () => setPreview(await bridge.api.trust.readInvite({ link: link.trim() })))
  const line = useStore(bridge.connection, (one) => one.phase)
  const begun = useRef(false)
  useEffect(() => {
    // A link that the window was opened with is read at once; what it says is shown before anything happens.
    if (given === '' || begun.current || line !== 'open') return
    begun.current = true
    run(async () => setPreview(await bridge.api.trust.readInvite({ link: given })))
  }, [bridge, given, line, run])
  // Where it ended well it is said by a notice, for the page under this dialog is another swarm's by then.
  useEffect(
    () =>
      joining.store.subscribe((after) => {
        if (after.phase === 'joined') onClose()
      }),
    [joining, onClose],
  )
  const moving = state.phase === 'moving'
  const settled = preview !== null && info !== null && isMemberThere(preview, info)
  return (
    <Dialog title="Join another swarm" opened onClose={close}>
      <Textarea
        label="Invite link"
        placeholder="dt-swarm://join/…"
        autosize
        minRows={2}
        maxRows={5}
        maxLength={4_096}
        value={link}
        disabled={moving}
        classNames={{ input: 'mono' }}
        onChange={(event) => {
          setLink(event.currentTarget.value)
          setPreview(null)
        }}
      />
      {preview === null ? null : (
        <Preview preview={preview} settled={settled} leaving={info?.swarm.name ?? null} trust={trust} />
      )}
      {info?.can.join === false ? (
        <p className="dim">
          This peer cannot change its swarm while it runs. Stop it and run{' '}
          <code className="mono">dt-swarm join LINK</code>.
        </p>
      ) : null}
      <ProblemNote problem={state.phase === 'failed' ? state.problem : problem} />
      {moving ? (
        <output className="inline">
          <Loader size="xs" /> Joining {state.preview.swarm.name}: this peer starts anew, and this window follows by
          itself.
        </output>
      ) : null}
      <div className="dialog-foot">
        <Button variant="default" onClick={close}>
          {moving ? 'Close' : 'Stay here'}
        </Button>
        {preview === null ? (
          <Button disabled={link.trim() === ''} loading={busy} onClick={read}>
            Read the invite
          </Button>
        ) : (
          <Button
            disabled={settled || info?.can.join === false}
            loading={moving}
            onClick={() => void joining.join(link.trim(), preview)}
          >
            {preview.current ? 'Use this invite' : `Join ${preview.swarm.name}`}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

/** Nothing would come of the link: the peer has a role there, on the same network. */
function isMemberThere({ current, swarm }: InvitePreview, info: InfoView): boolean {
  return current && (info.standing === 'root' || info.standing === 'member') && info.swarm.private === swarm.private
}

interface PreviewProps {
  readonly preview: InvitePreview
  readonly settled: boolean
  readonly leaving: string | null
  readonly trust: TrustView | null
}

function Preview({ preview, settled, leaving, trust }: PreviewProps) {
  const nowMs = useNow()
  const { swarm, role, bootstrap, expiresAtMs, current } = preview
  if (settled) return <p>This peer is in {swarm.name} already.</p>
  const alone = trust?.self.standing === 'root' && trust.root !== null && trust.root.keys.length === 1
  return (
    <section className="preview" aria-label="What the invite says">
      <dl className="facts">
        <dt>Swarm</dt>
        <dd>
          <strong>{swarm.name}</strong>
          {swarm.private ? ', a private network' : ''}
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <Fingerprint text={swarm.fingerprint} label="fingerprint of the swarm" />
        </dd>
        <dt>You come as</dt>
        <dd>{role ?? 'one who asks: an operator decides'}</dd>
        <dt>Found at</dt>
        <dd className="mono">{bootstrap.length === 0 ? 'the local network' : bootstrap.join(', ')}</dd>
        <dt>Ends</dt>
        <dd>{formatUntil(expiresAtMs, nowMs)}</dd>
      </dl>
      {current ? (
        <p>
          This peer is in {swarm.name} already, and starts anew in it with what the invite gives: the role, the network
          key, and whom to find. Nothing of it is lost.
        </p>
      ) : (
        <p>
          <strong>You leave {leaving ?? 'your swarm'}.</strong> Its records are put aside in this peer&apos;s home, and
          its robots vanish from here; your key, settings and files stay. What lies in your share folder is shared with{' '}
          {swarm.name} from then on.
          {alone && trust.members.length > 1 ? (
            <> You hold its only root key: while you are away nobody can change who may do what there.</>
          ) : null}
        </p>
      )}
    </section>
  )
}
