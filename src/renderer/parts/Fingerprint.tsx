import { CopyIcon } from './Copy.tsx'

interface FingerprintProps {
  /** Groups of four, as the machine itself shows them. */
  readonly text: string
  readonly label: string
  readonly large?: boolean
}

/** To be read out and compared, group by group. */
export function Fingerprint({ text, label, large = false }: FingerprintProps) {
  return (
    <span className="fingerprint" data-large={large}>
      <span className="finger mono" aria-label={`${label} ${text}`} role="img">
        {text.split(' ').map((group, i) => (
          <span key={`${i} ${group}`}>{group}</span>
        ))}
      </span>
      <CopyIcon text={text} label={`Copy ${label}`} />
    </span>
  )
}
