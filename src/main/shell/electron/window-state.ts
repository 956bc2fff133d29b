import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeFileAtomic } from '../../store/atomic-file.ts'

const rectangleSchema = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(1).max(32_767),
  height: z.number().int().min(1).max(32_767),
})

const windowStateSchema = z.object({
  bounds: rectangleSchema,
  maximized: z.boolean(),
  /** The theme of last time, so that the first frame already has its colour. */
  theme: z.enum(['system', 'light', 'dark']).default('system'),
})

export type WindowState = z.infer<typeof windowStateSchema>

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The smallest size at which every page still reads well (the rail is collapsed then). */
export const minimumSize = { width: 480, height: 400 } as const

export const defaultState: WindowState = { bounds: { width: 1360, height: 860 }, maximized: false, theme: 'system' }

/** So much of the window's top edge must be on a screen that a mouse can take hold of it. */
const grip = { width: 120, height: 40 } as const

function overlap(aStart: number, aLength: number, bStart: number, bLength: number): number {
  return Math.min(aStart + aLength, bStart + bLength) - Math.max(aStart, bStart)
}

/**
 * The state as it fits today's screens: a window that was on a screen that is gone goes to the middle of the first
 * one, a window larger than its screen shrinks to it.
 * @param screens work areas, the primary screen first
 */
export function fitState(state: WindowState, screens: readonly Area[]): WindowState {
  const { x, y, width, height } = state.bounds
  const home = screens.find(
    (screen) =>
      x !== undefined &&
      y !== undefined &&
      overlap(x, width, screen.x, screen.width) >= grip.width &&
      overlap(y, grip.height, screen.y, screen.height) >= grip.height,
  )
  const screen = home ?? screens[0]
  const size = {
    width: Math.max(minimumSize.width, Math.min(width, screen?.width ?? width)),
    height: Math.max(minimumSize.height, Math.min(height, screen?.height ?? height)),
  }
  const place = home === undefined || x === undefined || y === undefined ? {} : { x, y }
  return { ...state, bounds: { ...place, ...size } }
}

/** Reads what `saveState` wrote. A file that is missing or broken is as good as none: the window opens as new. */
export function loadState(file: string): WindowState {
  try {
    const parsed = windowStateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    return parsed.success ? parsed.data : defaultState
  } catch {
    return defaultState
  }
}

/** Writes the state so that a crash leaves the old or the new one. Throws when the file cannot be written. */
export function saveState(file: string, state: WindowState): void {
  writeFileAtomic(file, `${JSON.stringify(state)}\n`)
}
