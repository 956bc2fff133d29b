/** An installed Chromium or Chrome; null when there is none. */
export function findBrowser(): string | null
/** The browser for the end-to-end tests: an installed one, else Debian's, else Playwright's own. */
export function ensureBrowser(): string
export function ensureNetworkTools(): void
