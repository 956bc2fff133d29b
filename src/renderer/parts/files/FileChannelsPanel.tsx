import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { fileChannelSchema, type FileChannelView } from '../../../shared/file-views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Asked } from '../Asked.tsx'
import { ProblemNote } from '../Problem.tsx'

/** Groups of peers that look for files among themselves: joined, and heard of. */
export function FileChannelsPanel() {
  const { fileChannels } = useStores()
  return (
    <section className="panel" aria-label="File channels">
      <h2>File channels</h2>
      <p className="dim">
        A file shared with a channel is looked for, and given, among the peers that joined it; everything else goes to
        the whole swarm.
      </p>
      <Asked of={fileChannels} failed="They could not be read" loading="Loading the file channels" rows={2}>
        {(channels) => <Channels channels={channels} />}
      </Asked>
    </section>
  )
}

function Channels({ channels }: { readonly channels: readonly FileChannelView[] }) {
  const { bridge, fileChannels } = useStores()
  const [name, setName] = useState('')
  const { busy, problem, run } = useAct()
  const sorted = channels.toSorted((a, b) => Number(b.joined) - Number(a.joined) || a.name.localeCompare(b.name))
  const wanted = name.trim().toLowerCase()
  const wrong = wanted !== '' && !fileChannelSchema.shape.name.safeParse(wanted).success
  const join = (channel: string, joined: boolean): void =>
    run(async () => {
      await (joined
        ? bridge.api.files.joinChannel({ name: channel })
        : bridge.api.files.leaveChannel({ name: channel }))
      await fileChannels.load()
      if (channel === wanted) setName('')
    })
  return (
    <>
      {sorted.length === 0 ? <p className="dim">None is known yet. Join one by its name.</p> : null}
      <ul className="rows" aria-label="File channels">
        {sorted.map((channel) => (
          <li key={channel.name} className="row">
            <span className="row-text">
              <strong>{channel.name}</strong>{' '}
              <span className="dim">
                {channel.joined ? 'joined · ' : ''}
                {plural(channel.members, 'member')} · {plural(channel.files, 'file')}
              </span>
            </span>
            <Button
              size="compact-xs"
              variant="default"
              loading={busy}
              aria-label={`${channel.joined ? 'Leave' : 'Join'} ${channel.name}`}
              onClick={() => join(channel.name, !channel.joined)}
            >
              {channel.joined ? 'Leave' : 'Join'}
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="inline panel-foot"
        onSubmit={(event) => {
          event.preventDefault()
          if (wanted !== '' && !wrong) join(wanted, true)
        }}
      >
        <TextInput
          label="Join by name"
          placeholder="race-day"
          size="xs"
          maxLength={63}
          value={name}
          error={wrong ? 'Small letters, digits, dots, dashes; a letter or digit first.' : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" size="xs" variant="default" disabled={wanted === '' || wrong} loading={busy}>
          Join
        </Button>
      </form>
      <ProblemNote problem={problem} />
    </>
  )
}
