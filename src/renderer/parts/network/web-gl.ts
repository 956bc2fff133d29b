/** Whether this browser can draw the picture: some have no WebGL, or have it switched off. */
export function hasWebGl(): boolean {
  if (typeof WebGL2RenderingContext === 'undefined') return false
  try {
    const context = document.createElement('canvas').getContext('webgl2')
    // Given back at once: a browser has only a few.
    context?.getExtension('WEBGL_lose_context')?.loseContext()
    return context !== null
  } catch {
    return false
  }
}
