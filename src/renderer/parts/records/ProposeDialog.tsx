import { NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { BucketSummaryView, RecordView } from '../../../shared/record-views.ts'
import { checkProposal, units, type ProposalDraft } from '../../state/proposal.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { DialogFoot } from '../DialogFoot.tsx'
import { ProblemNote } from '../Problem.tsx'

interface ProposeDialogProps {
  readonly buckets: readonly BucketSummaryView[]
  readonly bucket: string | null
  readonly onDone: (record: RecordView) => void
  readonly onClose: () => void
}

/** Signs a record as this peer. */
export function ProposeDialog({ buckets, bucket, onDone, onClose }: ProposeDialogProps) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const open = buckets.filter((one) => one.mayPropose)
  const [draft, setDraft] = useState<ProposalDraft>({
    bucket: open.some((one) => one.bucket === bucket) ? (bucket ?? '') : (open[0]?.bucket ?? ''),
    key: '',
    value: '{\n  \n}',
    amount: 1,
    unit: 'days',
  })
  const checked = checkProposal(draft)
  const rule = buckets.find((one) => one.bucket === draft.bucket)?.rule
  const put = (change: Partial<ProposalDraft>): void => setDraft({ ...draft, ...change })
  const propose = (): void =>
    run(async () => {
      if (checked.proposal === null) return
      onDone(await bridge.api.records.propose(checked.proposal))
      onClose()
    })
  return (
    <Dialog title="Propose a record" opened onClose={onClose}>
      <Select
        label="Bucket"
        data={open.map((one) => one.bucket)}
        allowDeselect={false}
        value={draft.bucket}
        description={rule}
        onChange={(value) => put({ bucket: value ?? '' })}
      />
      <TextInput
        label="Key"
        value={draft.key}
        maxLength={256}
        error={checked.errors.key}
        onChange={(event) => put({ key: event.currentTarget.value })}
      />
      <Textarea
        label="Value, as JSON"
        autosize
        minRows={5}
        maxRows={16}
        value={draft.value}
        error={checked.errors.value}
        classNames={{ input: 'mono' }}
        spellCheck={false}
        onChange={(event) => put({ value: event.currentTarget.value })}
      />
      <div className="inline">
        <NumberInput
          label="Valid for"
          min={1}
          max={100_000}
          w="8rem"
          value={draft.amount}
          error={checked.errors.amount}
          onChange={(value) => put({ amount: typeof value === 'number' ? value : 0 })}
        />
        <Select
          aria-label="Unit"
          data={Object.keys(units)}
          allowDeselect={false}
          w="8rem"
          value={draft.unit}
          onChange={(value) => {
            if (value === 'minutes' || value === 'hours' || value === 'days') put({ unit: value })
          }}
        />
      </div>
      <p className="dim">It is signed with this peer&apos;s key and sent to the whole swarm.</p>
      <ProblemNote problem={problem} />
      <DialogFoot
        no="Cancel"
        onNo={onClose}
        yes="Propose"
        onYes={propose}
        busy={busy}
        disabled={checked.proposal === null}
      />
    </Dialog>
  )
}
