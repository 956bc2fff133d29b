import { runDesktop } from './shell/electron/app.ts'

/** Entry of the desktop app. The peer's code comes after the window: see shell/electron/parts.ts. */
runDesktop(async () => (await import('./shell/electron/parts.ts')).parts)
