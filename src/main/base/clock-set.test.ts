import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isSystemClockUnset } from './clock-set.ts'

it('a clock is known not to be set while systemd-timesyncd runs and has heard from nobody', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-timesync-'))
  expect(isSystemClockUnset(folder)).toBe(true)
  writeFileSync(join(folder, 'synchronized'), '')
  expect(isSystemClockUnset(folder)).toBe(false)
  rmSync(folder, { recursive: true })
  expect(isSystemClockUnset(folder)).toBe(false)
})
