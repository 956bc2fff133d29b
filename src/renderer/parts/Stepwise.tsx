import { Children, startTransition, useEffect, useState, type ReactNode } from 'react'

/**
 * Draws its children from the top down, one more each time the one before is on the screen: what is on the screen never
 * moves for it, and the window answers in between. For a page whose parts, drawn at once, would keep the window waiting.
 */
export function Stepwise({ children }: { readonly children: ReactNode }) {
  // Those that are null now count too: one that comes later must not push the last one out again.
  const count = Children.count(children)
  const [drawn, setDrawn] = useState(1)
  useEffect(() => {
    // As a transition, so that React leaves off drawing it when something else wants the window.
    if (drawn < count) startTransition(() => setDrawn(drawn + 1))
  }, [drawn, count])
  return Children.map(children, (child, place) => (place < drawn ? child : null))
}
