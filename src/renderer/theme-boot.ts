import { readTheme } from './theme-choice.ts'

/** Sets the colour scheme before anything is drawn, so that a dark room is not flashed white. */
const choice = readTheme()
const dark = choice === 'dark' || (choice === 'system' && window.matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
