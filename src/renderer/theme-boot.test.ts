import { expect, test, vi } from 'vitest'
import { keepTheme } from './theme-choice.ts'
import source from './public/theme-boot.js?raw'
import index from './index.html?raw'

/** What the script does to a page whose system wants this. */
function schemeAfterBoot(systemDark: boolean): string | null {
  vi.spyOn(window, 'matchMedia').mockReturnValue({ ...window.matchMedia(''), matches: systemDark })
  document.documentElement.removeAttribute('data-mantine-color-scheme')
  // jsdom runs no scripts here; the text is run in the global scope, as the page would.
  globalThis.eval(source)
  return document.documentElement.getAttribute('data-mantine-color-scheme')
}

test.each([
  ['dark', false, 'dark'],
  ['light', true, 'light'],
  ['system', true, 'dark'],
  ['system', false, 'light'],
] as const)('%s chosen, system dark: %s: the page starts %s', (choice, systemDark, scheme) => {
  keepTheme(choice)
  expect(schemeAfterBoot(systemDark)).toBe(scheme)
})

test('it runs before anything is drawn: a plain script, ahead of the rest', () => {
  const scripts = [...index.matchAll(/<script ([^>]*)>/g)].map(([, attributes]) => attributes)
  expect(scripts[0]).toBe('src="/theme-boot.js"')
})
