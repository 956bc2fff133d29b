import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { PeerId } from '../../../shared/ids.ts'
import type { GraphView } from '../../../shared/network-views.ts'
import { createPicture, type Picture } from './picture.ts'

interface GraphPictureProps {
  readonly graph: GraphView
  readonly found: readonly PeerId[]
  readonly chosen: PeerId | null
  readonly onChoose: (peer: PeerId | null) => void
}

/** The picture: drag to move a machine or the whole, wheel to zoom, click to choose. */
export function GraphPicture({ graph, found, chosen, onChoose }: GraphPictureProps) {
  const box = useRef<HTMLDivElement>(null)
  const [picture, setPicture] = useState<Picture | null>(null)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    if (box.current === null) return
    const made = createPicture(box.current, onChoose)
    setPicture(made)
    return () => {
      made.stop()
      setPicture(null)
    }
  }, [onChoose])
  useEffect(() => picture?.draw(graph), [picture, graph])
  useEffect(() => picture?.highlight(chosen, found), [picture, chosen, found])
  useEffect(() => picture?.recolour(), [picture, scheme])
  return (
    <div className="picture">
      {/* Its list is what a keyboard and a screen reader use. */}
      <div className="picture-canvas" ref={box} aria-hidden />
      <div className="picture-tools">
        <button type="button" className="facet" onClick={() => picture?.zoom(1 / 1.5)} aria-label="Zoom in">
          +
        </button>
        <button type="button" className="facet" onClick={() => picture?.zoom(1.5)} aria-label="Zoom out">
          −
        </button>
        <button type="button" className="facet" onClick={() => picture?.fit()}>
          Fit
        </button>
        <button type="button" className="facet" onClick={() => picture?.arrange()}>
          Arrange anew
        </button>
      </div>
      <ul className="picture-key dim">
        <li>line: both hear each other; arrow: only one says so</li>
        <li>a group that hears no other is outlined and named</li>
      </ul>
    </div>
  )
}
