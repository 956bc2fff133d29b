import type { MachineStatus } from '../../shared/views.ts'
import type { Level } from '../state/select-fleet.ts'

/** A shape for each status, so that colour is never the only sign. */
export function StatusMark({ status }: { readonly status: MachineStatus }) {
  switch (status) {
    case 'alive':
      return (
        <svg className="icon level-ok" viewBox="0 0 16 16" aria-hidden>
          <circle cx="8" cy="8" r="5" fill="currentColor" />
        </svg>
      )
    case 'suspect':
      return (
        <svg className="icon level-look" viewBox="0 0 16 16" aria-hidden>
          <path d="M8 2.2 14.4 13.4H1.6Z" fill="currentColor" />
        </svg>
      )
    case 'gone':
      return (
        <svg className="icon level-unknown" viewBox="0 0 16 16" aria-hidden>
          <circle cx="8" cy="8" r="4.6" fill="none" stroke="currentColor" strokeWidth="1.6" />
          <path d="m4.8 11.2 6.4-6.4" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      )
    case 'unknown':
      return (
        <svg className="icon level-unknown" viewBox="0 0 16 16" aria-hidden>
          <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.4 2.1" />
        </svg>
      )
  }
}

/** The mark and its word. */
export function StatusWord({ status, reason }: { readonly status: MachineStatus; readonly reason?: string }) {
  const level = status === 'alive' ? 'ok' : status === 'suspect' ? 'look' : 'unknown'
  return (
    <span className={`status level-${level}`} title={reason}>
      <StatusMark status={status} /> {status}
    </span>
  )
}

/** A shape for each level of trouble. */
export function LevelMark({ level }: { readonly level: Level }) {
  switch (level) {
    case 'ok':
      return <StatusMark status="alive" />
    case 'look':
      return <StatusMark status="suspect" />
    case 'unknown':
      return <StatusMark status="unknown" />
    case 'act':
      return (
        <svg className="icon level-act" viewBox="0 0 16 16" aria-hidden>
          <path d="M5 1.8h6L14.2 5v6L11 14.2H5L1.8 11V5Z" fill="currentColor" />
          <path d="M8 4.6v4.2" stroke="var(--panel)" strokeWidth="1.6" strokeLinecap="round" />
          <circle cx="8" cy="11.2" r="1" fill="var(--panel)" />
        </svg>
      )
  }
}
