import { createContext, useContext, useLayoutEffect, useState, type RefObject } from 'react'

/**
 * The element that scrolls a page: virtual lists measure themselves against it. State and not a ref, for a list that
 * is mounted together with it must be drawn again once it is there.
 */
export const ScrollContext = createContext<HTMLElement | null>(null)

export function useScroller(): HTMLElement | null {
  return useContext(ScrollContext)
}

/** How far a list starts below the top of the scrolled content; follows what is above it as that wraps and grows. */
export function useScrollMargin(list: RefObject<HTMLElement | null>): number {
  const scroller = useScroller()
  const [marginPx, setMarginPx] = useState(0)
  useLayoutEffect(() => {
    const measure = (): void => {
      if (list.current === null || scroller === null) return
      const top = list.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top
      setMarginPx(Math.round(top + scroller.scrollTop))
    }
    measure()
    const observer = new ResizeObserver(measure)
    const parent = list.current?.parentElement ?? null
    if (parent !== null) observer.observe(parent)
    if (scroller !== null) observer.observe(scroller)
    return () => observer.disconnect()
  }, [list, scroller])
  return marginPx
}
