import { Checkbox, Switch, Textarea, TextInput } from '@mantine/core'
import { causeWords, faultKinds, type FaultKind } from '../../../shared/recorder-views.ts'
import type { Settings } from '../../../shared/views.ts'
import { useStores } from '../../state/context.ts'
import { differing } from '../../state/differing.ts'
import {
  checkRecorder,
  draftOfRecorder,
  recorderOf,
  sameRecorder,
  type RecorderDraft,
} from '../../state/recorder-form.ts'
import { useSettingsDraft } from '../../state/use-settings-draft.ts'
import { DraftForm } from '../DraftForm.tsx'
import { Flights } from './Flights.tsx'

/** What this peer saves of its last minutes, and when. */
export function RecorderPanel({ inForce }: { readonly inForce: Settings }) {
  const { recorder } = useStores()
  const form = useSettingsDraft<RecorderDraft>({
    inForce,
    draftOf: (settings) => draftOfRecorder(settings.recorder),
    changesOf: (draft, opened) => ({ recorder: differing(recorderOf(draft), recorderOf(opened)) }),
    fine: (draft) => Object.keys(checkRecorder(draft)).length === 0,
    changed: (draft, opened) => !sameRecorder(draft, recorderOf(opened)),
    after: () => recorder.load(),
  })
  const { draft, put } = form
  const errors = checkRecorder(draft)
  return (
    <DraftForm label="Flight recorder" title="Flight recorder" form={form}>
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
    </DraftForm>
  )
}
