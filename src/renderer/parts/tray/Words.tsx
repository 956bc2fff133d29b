import { Fragment } from 'react'

/** Short phrases with dots between; a line may break between them, not within a figure and its unit. */
export function Words({ parts }: { readonly parts: readonly string[] }) {
  return parts.map((part, i) => (
    <Fragment key={part}>
      {i === 0 ? null : ' · '}
      {/^[\d.]/.test(part) ? <span className="nowrap">{part}</span> : part}
    </Fragment>
  ))
}
