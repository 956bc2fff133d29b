import { Button } from '@mantine/core'
import type { RecordView } from '../../../shared/record-views.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { Dialog } from '../Dialog.tsx'
import { ProblemNote } from '../Problem.tsx'

interface AttestDialogProps {
  readonly record: RecordView
  readonly verdict: 'endorse' | 'dismiss'
  readonly onDone: (record: RecordView) => void
  readonly onClose: () => void
}

/** Says what the signature does, and gives it. */
export function AttestDialog({ record, verdict, onDone, onClose }: AttestDialogProps) {
  const { bridge } = useStores()
  const { busy, problem, run } = useAct()
  const endorse = verdict === 'endorse'
  const attest = (): void =>
    run(async () => {
      onDone(await bridge.api.records.attest({ id: record.id, verdict }))
      onClose()
    })
  return (
    <Dialog title={`${endorse ? 'Endorse' : 'Dismiss'} ${record.key}?`} opened onClose={onClose}>
      <p>
        {endorse
          ? `Your signature says to everybody that ${record.key} in ${record.bucket} is right. It is ${record.state} now: ${record.stateReason}.`
          : `Where your signature is enough, ${record.key} in ${record.bucket} stops counting on every machine of the swarm; its content is deleted everywhere an hour later.`}
      </p>
      <p className="dim">A signature cannot be taken back{endorse ? '; a record can still be dismissed later' : ''}.</p>
      <ProblemNote problem={problem} />
      <div className="dialog-foot">
        <Button variant="default" onClick={onClose}>
          {endorse ? 'Not now' : 'Keep it'}
        </Button>
        <Button loading={busy} {...(endorse ? {} : { color: 'red' })} onClick={attest}>
          {endorse ? 'Endorse' : 'Dismiss'}
        </Button>
      </div>
    </Dialog>
  )
}
