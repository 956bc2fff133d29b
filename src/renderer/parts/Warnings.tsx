import type { SystemStatusView } from '../../shared/views.ts'
import { CopyIcon } from './Copy.tsx'
import { LevelMark } from './StatusMark.tsx'

/** What an operator should know and do something about, as the peer says it. */
export function Warnings({ warnings }: { readonly warnings: SystemStatusView['warnings'] }) {
  if (warnings.length === 0) return null
  return (
    <ul className="warnings" aria-label="Warnings">
      {warnings.map(({ code, message }) => (
        <li key={`${code} ${message}`} className="warning">
          <LevelMark level="look" />
          <span className="warning-text">
            {message} <span className="dim mono">{code}</span>
          </span>
          <CopyIcon text={`${code}: ${message}`} label="Copy warning" />
        </li>
      ))}
    </ul>
  )
}
