import { describe, expect, it } from 'vitest'
import { statusLine } from './status-line.ts'

describe('the line in the tray', () => {
  it.each([
    [{ alive: 1, suspect: 0, gone: 0, unknown: 0 }, 0, '1 machine'],
    [{ alive: 12, suspect: 1, gone: 2, unknown: 0 }, 0, '15 machines, 1 overdue, 2 gone'],
    [{ alive: 0, suspect: 0, gone: 0, unknown: 3 }, 1, '3 machines, 3 not heard yet; 1 transfer running'],
    [{ alive: 2, suspect: 0, gone: 0, unknown: 0 }, 4, '2 machines; 4 transfers running'],
  ])('%j with %i transfers reads "%s"', (machines, transfersRunning, line) => {
    expect(statusLine({ machines, transfersRunning })).toBe(line)
  })
})
