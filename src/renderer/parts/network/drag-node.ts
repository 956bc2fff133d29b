import type Graph from 'graphology'
import type Sigma from 'sigma'

/** Lets a person move a machine; where it was put it stays. */
export function letDrag(sigma: Sigma, graph: Graph): { readonly active: () => boolean; readonly undo: () => void } {
  let dragged: string | null = null
  sigma.on('downNode', (payload) => {
    dragged = payload.node
    payload.preventSigmaDefault()
  })
  sigma.on('moveBody', (payload) => {
    const { event } = payload
    if (dragged === null || !graph.hasNode(dragged)) return
    const { x, y } = sigma.viewportToGraph(event)
    graph.mergeNodeAttributes(dragged, { x, y, fixed: true })
    payload.preventSigmaDefault()
    event.original.preventDefault()
    event.original.stopPropagation()
  })
  const drop = (): void => {
    if (dragged === null) return
    dragged = null
  }
  sigma.on('upNode', drop)
  sigma.on('upStage', drop)
  window.addEventListener('mouseup', drop)
  return { active: () => dragged !== null, undo: () => window.removeEventListener('mouseup', drop) }
}
