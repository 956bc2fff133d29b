import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import type { PingView } from '../../../shared/network-views.ts'
import { shortId } from '../../format.ts'
import { hrefOf } from '../../route.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

interface ReachDialogProps {
  readonly peer: PeerId
  readonly name: string
  readonly onClose: () => void
}

/** Ping and a text, over whatever chain of channels leads there. */
export function ReachDialog({ peer, name, onClose }: ReachDialogProps) {
  const { bridge } = useStores()
  const ping = useAct()
  const send = useAct()
  const [pong, setPong] = useState<PingView | null>(null)
  const [text, setText] = useState('')
  const [sent, setSent] = useState<{ readonly delivered: boolean; readonly tookMs: number } | null>(null)
  return (
    <Dialog title={`Reach ${name}`} opened onClose={onClose}>
      <section aria-label="Ping">
        <div className="inline">
          <Button
            size="xs"
            loading={ping.busy}
            onClick={() =>
              ping.run(async () => {
                setPong(null)
                setPong(await bridge.api.network.ping({ to: peer }))
              })
            }
          >
            Ping
          </Button>
          <output>{pong === null ? null : <strong>{pong.tookMs.toFixed(1)} ms there and back</strong>}</output>
        </div>
        {pong === null ? null : (
          <>
            <Path label="There" hops={pong.path} start="this peer" />
            <Path label="Back" hops={pong.back} start={name} />
          </>
        )}
        <ProblemNote problem={ping.problem} />
      </section>
      <section aria-label="Text">
        <Textarea
          label="Send a text"
          description="It appears in the message stream of that peer."
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className="dialog-foot">
          <output>
            {sent === null ? null : (
              <span className={sent.delivered ? 'level-ok' : 'level-look'}>
                <LevelMark level={sent.delivered ? 'ok' : 'look'} />{' '}
                {sent.delivered
                  ? `${name} got it after ${sent.tookMs.toFixed(0)} ms`
                  : `Sent, but ${name} has not said that it got it`}
              </span>
            )}
          </output>
          <Button
            size="xs"
            disabled={text.trim() === ''}
            loading={send.busy}
            onClick={() =>
              send.run(async () => {
                setSent(null)
                setSent(await bridge.api.network.send({ to: peer, text: text.trim() }))
                setText('')
              })
            }
          >
            Send
          </Button>
        </div>
        <ProblemNote problem={send.problem} />
      </section>
    </Dialog>
  )
}

interface PathProps {
  readonly label: string
  readonly start: string
  readonly hops: PingView['path']
}

function Path({ label, start, hops }: PathProps) {
  return (
    <>
      <h3>{label}</h3>
      <ol className="path">
        <li dir="auto">{start}</li>
        {hops.map((hop, i) => (
          <li key={`${i} ${hop.peer}`}>
            <a href={hrefOf({ page: 'robot', peer: hop.peer, tab: 'link' })} dir="auto">
              {hop.name ?? shortId(hop.peer)}
            </a>{' '}
            <span className="dim mono">{hop.channel}</span>
          </li>
        ))}
      </ol>
    </>
  )
}
