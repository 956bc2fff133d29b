import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'
import { patienceMs } from '../../scripts/patience.ts'

// As `vi.waitFor`: a busy machine is not a failure.
configure({ asyncUtilTimeout: patienceMs })

/** What browsers have and jsdom has not. Sizes are those of a laptop's window, so that virtual lists draw rows. */
class QuietResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

Object.defineProperty(window, 'matchMedia', {
  writable: true,
  value: (query: string): MediaQueryList => ({
    matches: query.includes('min-width'),
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }),
})
window.ResizeObserver = QuietResizeObserver
Object.defineProperty(document, 'fonts', { value: new EventTarget() })
Element.prototype.scrollIntoView = () => undefined
for (const [name, size] of [
  ['offsetHeight', 42],
  ['clientHeight', 800],
  ['offsetWidth', 1_400],
  ['clientWidth', 1_400],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size })
}

afterEach(() => {
  cleanup()
  window.location.hash = ''
  window.localStorage.clear()
})
