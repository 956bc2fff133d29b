import type { GraphNode } from '../../state/graph-model.ts'

/** The colours of the page, as plain ones: WebGL knows no variables. */
export interface Palette {
  readonly text: string
  readonly panel: string
  readonly line: string
  readonly edge: string
  readonly faded: string
  readonly unknown: string
  readonly group: string
  readonly ofNode: (node: GraphNode) => string
  readonly ofChannel: (channel: string) => string
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string): string => style.getPropertyValue(name).trim() || '#808080'
  const colours = {
    ok: read('--ok'),
    look: read('--look'),
    act: read('--act'),
    dim: read('--dim'),
    line: read('--line-strong'),
    selected: read('--selected'),
  }
  return {
    text: read('--text'),
    panel: read('--panel'),
    line: colours.line,
    edge: colours.line,
    faded: read('--line'),
    unknown: colours.dim,
    group: colours.look,
    ofNode: ({ self, status, standing }) => {
      if (standing === 'revoked') return colours.act
      if (standing === 'stranger') return colours.look
      if (self) return colours.selected
      if (status === 'alive') return colours.ok
      return status === 'suspect' ? colours.look : colours.dim
    },
    // Gossip is the rule and stays quiet; what is bridged stands out.
    ofChannel: (channel) => (channel === 'gossip' ? colours.line : colours.selected),
  }
}
