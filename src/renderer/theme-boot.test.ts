import { expect, test, vi } from 'vitest'
import { keepTheme } from './theme-choice.ts'
import index from './index.html?raw'

/** A plain script, which has no types to import it by. */
const script: string = './public/theme-boot.js'

/** What the script does to a page whose system wants this. */
async function schemeAfterBoot(systemDark: boolean): Promise<string | null> {
  vi.spyOn(window, 'matchMedia').mockReturnValue({ ...window.matchMedia(''), matches: systemDark })
  document.documentElement.removeAttribute('data-mantine-color-scheme')
  vi.resetModules()
  await import(/* @vite-ignore */ script)
  return document.documentElement.getAttribute('data-mantine-color-scheme')
}

test.each([
  ['dark', false, 'dark'],
  ['light', true, 'light'],
  ['system', true, 'dark'],
  ['system', false, 'light'],
] as const)('%s chosen, system dark: %s: the page starts %s', async (choice, systemDark, scheme) => {
  keepTheme(choice)
  expect(await schemeAfterBoot(systemDark)).toBe(scheme)
})

test('it runs before anything is drawn: a plain script, ahead of the rest', () => {
  const scripts = [...index.matchAll(/<script ([^>]*)>/g)].map(([, attributes]) => attributes)
  expect(scripts[0]).toBe('src="/theme-boot.js"')
})
