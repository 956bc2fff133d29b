import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'

/** One tick for all ages on the screen, so that they move together and a page costs one timer. */
const clock = createStore<{ readonly nowMs: number }>(() => ({ nowMs: Date.now() }))
let timer: ReturnType<typeof setInterval> | undefined
let users = 0

/** Keeps the clock going while at least one caller wants it; the returned undo may be called more than once. */
export function runClock(): () => void {
  users += 1
  timer ??= setInterval(() => clock.setState({ nowMs: Date.now() }), 1_000)
  clock.setState({ nowMs: Date.now() })
  let used = true
  return () => {
    if (!used) return
    used = false
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, to the second. */
export function useNow(): number {
  return useStore(clock, (state) => state.nowMs)
}

/** The time, to the minute: for what need not be drawn anew every second. */
export function useMinute(): number {
  return useStore(clock, (state) => Math.floor(state.nowMs / 60_000) * 60_000)
}
