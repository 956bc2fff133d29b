import { splitName } from '../format.ts'

/**
 * A file's name that is cut in its middle where it is too long: names of recordings differ at their end.
 * The whole name is the tooltip; inside a link give the link `aria-label`, for the name is drawn in two pieces.
 */
export function FileName({ name }: { readonly name: string }) {
  const [head, tail] = splitName(name)
  if (tail === '') {
    return (
      <span className="clip" dir="auto" title={name}>
        {head}
      </span>
    )
  }
  return (
    <span className="middle" title={name}>
      <span className="middle-head">{head}</span>
      <span className="middle-tail">{tail}</span>
    </span>
  )
}
