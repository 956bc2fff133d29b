import { useState } from 'react'
import type { LogPreview } from '../../../shared/log-views.ts'
import { formatExact, formatLength } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { Dialog } from '../Dialog.tsx'

type Frame = Extract<LogPreview, { kind: 'messages' }>['frames'][number]

interface FramesProps {
  readonly cid: string
  readonly frames: readonly Frame[]
  readonly startMs: number
}

/** Pictures of a recording, spread over its length; one opens large. */
export function Frames({ cid, frames, startMs }: FramesProps) {
  const [large, setLarge] = useState<Frame | null>(null)
  return (
    <>
      <ul className="frames" aria-label="Pictures">
        {frames.map((frame) => {
          const words = `${frame.topic} at ${formatLength(frame.atMs - startMs)}`
          return (
            <li key={`${frame.topic} ${frame.atMs}`}>
              <button
                type="button"
                className="frame-button"
                aria-label={`Enlarge ${words}`}
                onClick={() => setLarge(frame)}
              >
                <Picture cid={cid} frame={frame} alt="" />
              </button>
              <span className="dim" title={`${frame.topic}, ${formatExact(frame.atMs)}`}>
                {formatLength(frame.atMs - startMs)}
              </span>
            </li>
          )
        })}
      </ul>
      {large === null ? null : (
        <Dialog title={`${large.topic}, ${formatExact(large.atMs)}`} opened size="xl" onClose={() => setLarge(null)}>
          <Picture cid={cid} frame={large} alt={`Picture of ${large.topic}`} />
        </Dialog>
      )}
    </>
  )
}

function Picture({ cid, frame, alt }: { readonly cid: string; readonly frame: Frame; readonly alt: string }) {
  const { bridge } = useStores()
  const [broken, setBroken] = useState(false)
  if (broken) return <span className="frame-broken dim">cannot be drawn</span>
  return (
    <img
      className="frame-picture"
      loading="lazy"
      alt={alt}
      src={bridge.frameUrl(cid, frame.topic, frame.atMs)}
      onError={() => setBroken(true)}
    />
  )
}
