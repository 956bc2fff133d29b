import { Button, Checkbox, Switch, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { causeWords, faultKinds, type FaultKind, type RecorderSettings } from '../../../shared/recorder-views.ts'
import { useStores } from '../../state/context.ts'
import {
  checkRecorder,
  draftOfRecorder,
  recorderOf,
  sameRecorder,
  type RecorderDraft,
} from '../../state/recorder-form.ts'
import { useAct } from '../../state/use-act.ts'
import { ProblemNote } from '../Problem.tsx'
import { Flights } from './Flights.tsx'

/** What this peer saves of its last minutes, and when. */
export function RecorderPanel({ inForce }: { readonly inForce: RecorderSettings }) {
  const { bridge, settings, recorder } = useStores()
  const [draft, setDraft] = useState<RecorderDraft>(() => draftOfRecorder(inForce))
  const [saved, setSaved] = useState(false)
  const { busy, problem, run } = useAct()
  const errors = checkRecorder(draft)
  const fine = Object.keys(errors).length === 0
  const dirty = !fine || !sameRecorder(draft, inForce)
  const put = (change: Partial<RecorderDraft>): void => {
    setDraft({ ...draft, ...change })
    setSaved(false)
  }
  const save = (): void =>
    run(async () => {
      const answer = await bridge.api.settings.update({ recorder: recorderOf(draft) })
      settings.set(answer.settings)
      setDraft(draftOfRecorder(answer.settings.recorder))
      setSaved(true)
      await recorder.load()
    })
  return (
    <form
      className="panel"
      aria-label="Flight recorder"
      onSubmit={(event) => {
        event.preventDefault()
        if (dirty && fine) save()
      }}
    >
      <h2>Flight recorder</h2>
      <div className="form">
        <Switch
          label="Save the last minutes on a fault"
          description="The end of the logs, with the records and the health of that time, is put into the share folder and shared"
          checked={draft.on}
          onChange={(event) => put({ on: event.currentTarget.checked })}
        />
        {draft.on ? (
          <>
            <TextInput
              label="Minutes before the fault"
              inputMode="numeric"
              styles={{ input: { maxWidth: '6rem' } }}
              value={draft.minutes}
              error={errors.minutes}
              onChange={(event) => put({ minutes: event.currentTarget.value })}
            />
            <Textarea
              label="Logs that are being written"
              description="Files, folders or patterns of this machine, one a line: text, tables, MCAP, small bags"
              placeholder={'/home/duckie/.ros/log\n/data/bags/*.mcap'}
              autosize
              minRows={2}
              maxRows={8}
              value={draft.paths}
              error={errors.paths}
              onChange={(event) => put({ paths: event.currentTarget.value })}
            />
            <Checkbox.Group
              label="Faults"
              description="A mark by hand always counts"
              value={[...draft.faults]}
              onChange={(kinds) => put({ faults: faultKinds.filter((kind: FaultKind) => kinds.includes(kind)) })}
            >
              <div className="choices">
                {faultKinds.map((kind) => (
                  <Checkbox key={kind} value={kind} label={causeWords[kind]} />
                ))}
              </div>
            </Checkbox.Group>
          </>
        ) : null}
        <Flights />
        <ProblemNote problem={problem} />
        <div className="form-foot">
          <Button type="submit" size="xs" disabled={!dirty || !fine} loading={busy}>
            Save
          </Button>
          <output>
            {saved ? <span className="level-ok">✓ Saved</span> : null}
            {dirty && !saved ? <span className="dim">not saved yet</span> : null}
          </output>
        </div>
      </div>
    </form>
  )
}
