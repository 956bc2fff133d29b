import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { defaultState, fitState, loadState, saveState, type WindowState } from './window-state.ts'

const laptop = { x: 0, y: 25, width: 1440, height: 875 }
const beside = { x: 1440, y: 0, width: 2560, height: 1440 }

function at(x: number, y: number, width = 1000, height = 700): WindowState {
  return { bounds: { x, y, width, height }, maximized: false, theme: 'dark' }
}

describe('where the window opens', () => {
  it('where it was, on either screen', () => {
    expect(fitState(at(100, 100), [laptop, beside])).toEqual(at(100, 100))
    expect(fitState(at(2000, 200), [laptop, beside])).toEqual(at(2000, 200))
  })

  it('in the middle when its screen is gone', () => {
    expect(fitState(at(2000, 200), [laptop]).bounds).toEqual({ width: 1000, height: 700 })
  })

  it('in the middle when its title bar cannot be reached', () => {
    expect(fitState(at(100, -600), [laptop]).bounds).toEqual({ width: 1000, height: 700 })
    expect(fitState(at(-950, 100), [laptop]).bounds).toEqual({ width: 1000, height: 700 })
  })

  it('shrinks to its screen, and stays usable', () => {
    expect(fitState(at(1500, 10, 5000, 4000), [laptop, beside]).bounds).toMatchObject({ width: 2560, height: 1440 })
    expect(fitState(at(100, 100, 20, 20), [laptop]).bounds).toMatchObject({ width: 480, height: 400 })
  })
})

describe('the state file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dt-swarm-window-'))
  const file = join(folder, 'window.json')
  afterEach(() => rmSync(file, { force: true }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('gives back what was saved', () => {
    saveState(file, at(1, 2))
    expect(loadState(file)).toEqual(at(1, 2))
  })

  it.each(['', '{', 'null', '{"bounds":{"width":-5,"height":1e9},"maximized":"yes"}', '[]'])(
    'opens as new when the file holds %j',
    (text) => {
      writeFileSync(file, text)
      expect(loadState(file)).toEqual(defaultState)
    },
  )

  it('opens as new when there is none', () => {
    expect(loadState(file)).toEqual(defaultState)
  })
})
