import { Button } from '@mantine/core'

interface DialogFootProps {
  /** Leaves all as it is, in words: `Not now`. */
  readonly no: string
  readonly onNo: () => void
  /** What the dialog is for, in words: `Follow`. */
  readonly yes: string
  /** Absent: it sends off the form around it. */
  readonly onYes?: () => void
  readonly busy: boolean
  readonly disabled?: boolean
  /** What it does takes something away. */
  readonly danger?: boolean
}

/** The two ways out of a dialog that asks before it does something. */
export function DialogFoot({ no, onNo, yes, onYes, busy, disabled = false, danger = false }: DialogFootProps) {
  return (
    <div className="dialog-foot">
      <Button variant="default" onClick={onNo}>
        {no}
      </Button>
      <Button
        {...(danger ? { color: 'red' } : {})}
        {...(onYes === undefined ? { type: 'submit' } : { onClick: onYes })}
        disabled={disabled}
        loading={busy}
      >
        {yes}
      </Button>
    </div>
  )
}
