import { SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import { channelExamples, checkChannelAddress } from '../../state/channel-words.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

/** One more way for messages to travel. */
export function AddChannel({ onClose }: { readonly onClose: () => void }) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const [text, setText] = useState('')
  const [listen, setListen] = useState(false)
  const address = text.trim()
  const wrong = address === '' ? null : checkChannelAddress(address)
  const line = /\/tcp\/\d+\/dswarm-line$/.test(address)
  const add = (): void =>
    run(async () => {
      await bridge.api.network.setChannel({ address, mode: line && listen ? 'listen' : 'dial', enabled: true })
      onClose()
    })
  return (
    <Dialog title="Add a channel" opened onClose={onClose}>
      <TextInput
        label="Address"
        placeholder="/ip4/239.18.7.5/udp/4181/dswarm-line"
        value={text}
        error={wrong}
        maxLength={512}
        classNames={{ input: 'mono' }}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ul className="examples">
        {channelExamples.map((example) => (
          <li key={example.address}>
            <button type="button" className="link mono" onClick={() => setText(example.address)}>
              {example.address}
            </button>
            <span className="dim"> {example.about}</span>
          </li>
        ))}
      </ul>
      {line ? (
        <SegmentedControl
          size="xs"
          aria-label="Who dials"
          value={listen ? 'listen' : 'dial'}
          data={[
            { value: 'dial', label: 'This peer dials that address' },
            { value: 'listen', label: 'This peer listens there' },
          ]}
          onChange={(value: string) => setListen(value === 'listen')}
        />
      ) : null}
      <p className="dim">
        It is saved and used at once. Lines are signed as always; a public channel can be read by others.
      </p>
      <ProblemNote problem={problem} />
      <DialogFoot
        no="Cancel"
        onNo={onClose}
        yes="Add"
        onYes={add}
        busy={busy}
        disabled={address === '' || wrong !== null}
      />
    </Dialog>
  )
}
