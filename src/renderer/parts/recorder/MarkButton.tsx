import { Button, TextInput } from '@mantine/core'
import { IconFlag } from '@tabler/icons-react'
import { useState } from 'react'
import type { MarkedView } from '../../../shared/recorder-views.ts'
import type { MachineView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

type Who = Pick<MachineView, 'peer' | 'name' | 'self'>

/** Has a machine's flight recorder save its last minutes now. */
export function MarkButton({ machine }: { readonly machine: Who }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconFlag size={15} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Save the last minutes…
      </Button>
      {open ? <MarkDialog machine={machine} onClose={() => setOpen(false)} /> : null}
    </>
  )
}

function MarkDialog({ machine, onClose }: { readonly machine: Who; readonly onClose: () => void }) {
  const { peer, name, self } = machine
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const [text, setText] = useState('')
  const [marked, setMarked] = useState<MarkedView | null>(null)
  const save = (): void =>
    run(async () => {
      setMarked(await bridge.api.recorder.mark({ text: text.trim(), ...(self ? {} : { peer }) }))
    })
  return (
    <Dialog title={`Save the last minutes of ${name}`} opened onClose={onClose}>
      <p>
        Its flight recorder saves the end of the logs that are being written, with the records and the health of that
        time, and shares them with the swarm.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (marked === null) save()
        }}
      >
        <TextInput
          label="What happened"
          description="For whoever looks at it later; may be empty"
          maxLength={250}
          value={text}
          disabled={marked !== null}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <ProblemNote problem={problem} />
        <div className="dialog-foot">
          <output>{marked === null ? null : <Saved marked={marked} />}</output>
          {marked === null ? (
            <Button type="submit" size="xs" loading={busy}>
              Save
            </Button>
          ) : (
            <Button size="xs" variant="default" onClick={onClose}>
              Close
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  )
}

function Saved({ marked: { id, files, sizeBytes, leftOut } }: { readonly marked: MarkedView }) {
  return (
    <>
      <span className="level-ok">
        <LevelMark level="ok" /> Saved
      </span>
      : {plural(files, 'file')}, {formatBytes(sizeBytes)}, in <span className="mono">flight/{id}</span>.
      {leftOut === 0 ? '' : ` Nothing was taken of ${plural(leftOut, 'other log')}.`}
    </>
  )
}
