import { createContext, useContext, useLayoutEffect, useState, type RefObject } from 'react'

/** The element that scrolls a page: virtual lists measure themselves against it. */
export const ScrollContext = createContext<RefObject<HTMLElement | null>>({ current: null })

export function useScroller(): RefObject<HTMLElement | null> {
  return useContext(ScrollContext)
}

/** How far a list starts below the top of the scrolled content; follows what is above it as that wraps and grows. */
export function useScrollMargin(list: RefObject<HTMLElement | null>): number {
  const scroller = useScroller()
  const [marginPx, setMarginPx] = useState(0)
  useLayoutEffect(() => {
    const measure = (): void => {
      if (list.current === null || scroller.current === null) return
      const top = list.current.getBoundingClientRect().top - scroller.current.getBoundingClientRect().top
      setMarginPx(Math.round(top + scroller.current.scrollTop))
    }
    measure()
    const observer = new ResizeObserver(measure)
    const parent = list.current?.parentElement ?? null
    if (parent !== null) observer.observe(parent)
    if (scroller.current !== null) observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [list, scroller])
  return marginPx
}
