// Sets the colour scheme before the first paint, so that a dark room is not flashed white. A plain script, for module
// scripts wait until the page is parsed; what it reads is written by theme-choice.ts.
;(() => {
  let kept = null
  try {
    kept = window.localStorage.getItem('dt-swarm:theme')
  } catch {
    // Storage is closed to us: the system's scheme it is.
  }
  const dark = kept === 'dark' || (kept !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
