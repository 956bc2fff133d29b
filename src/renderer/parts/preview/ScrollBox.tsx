import type { ReactNode } from 'react'

/** What scrolls must be within reach of the keys, though nothing in it can be pressed. */
const reachable = { tabIndex: 0 } as const

interface ScrollBoxProps {
  readonly label: string
  readonly className: string
  readonly children: ReactNode
}

/** A part of a preview that scrolls by itself, by mouse and by keys. */
export function ScrollBox({ label, className, children }: ScrollBoxProps) {
  return (
    <section className={className} aria-label={label} {...reachable}>
      {children}
    </section>
  )
}
