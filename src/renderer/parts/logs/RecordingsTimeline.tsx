import { RangeSlider, SegmentedControl } from '@mantine/core'
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { ShareView } from '../../../shared/views.ts'
import { formatExact, formatSpan, formatTick, plural } from '../../format.ts'
import type { TimeRange } from '../../state/select-files.ts'
import {
  rangeOf,
  scales,
  timelineOf,
  timelineTicks,
  usualScale,
  type Lane,
  type ScaleKey,
} from '../../state/timeline.ts'

interface RecordingsTimelineProps {
  /** What passes the other filters. */
  readonly shares: readonly ShareView[]
  readonly chosen: TimeRange | null
  readonly onChoose: (range: TimeRange | null) => void
}

/** The brush moves in thousandths of the width: finer than a hand can. */
const brushSteps = 1_000

/** An arrow key moves a handle by a hundredth of the width, a page key by a tenth. */
const keyStep = brushSteps / 100
const leap = 0.1
const least = keyStep / brushSteps

/** Where a key takes a handle that stands at a share of the width; null where it is not one of these keys. */
function leapOf(key: string, at: number, low: number, high: number): number | null {
  const within = (share: number): number => Math.min(high, Math.max(low, share))
  if (key === 'Home') return low
  if (key === 'End') return high
  if (key === 'PageUp') return within(at + leap)
  return key === 'PageDown' ? within(at - leap) : null
}

/** A drag shorter than this share of the width is a click, which chooses nothing. */
const minDrag = 0.006

/**
 * Who recorded when, one lane a robot. Drawing over it, or moving the two handles below it by mouse or keys, shows the
 * files of that time only.
 */
export function RecordingsTimeline({ shares, chosen, onChoose }: RecordingsTimelineProps) {
  const [wanted, setWanted] = useState<ScaleKey | null>(null)
  const usual = useMemo(() => usualScale(shares), [shares])
  const scale = wanted ?? usual
  const range = useMemo(() => rangeOf(shares, scale), [shares, scale])
  const { lanes, moreLanes, outside } = useMemo(() => timelineOf(shares, range), [shares, range])
  const empty = shares.length === 0
  const span = chosen ?? range
  const rangeMs = range.toMs - range.fromMs
  const shareOf = (atMs: number): number => Math.min(1, Math.max(0, (atMs - range.fromMs) / rangeMs))
  const brush: readonly [number, number] = chosen === null ? [0, 1] : [shareOf(chosen.fromMs), shareOf(chosen.toMs)]
  const choose = (from: number, to: number): void => {
    const whole = from <= 0 && to >= 1
    onChoose(
      whole
        ? null
        : { fromMs: Math.round(range.fromMs + from * rangeMs), toMs: Math.round(range.fromMs + to * rangeMs) },
    )
  }
  return (
    <section className="panel timeline" aria-label="Recordings by robot">
      <div className="timeline-head">
        <h2>Recorded</h2>
        <span className="dim">
          {empty ? 'nothing passes the other filters' : formatSpan(span.fromMs, span.toMs)}
          {moreLanes > 0 ? ` · ${plural(moreLanes, 'more robot')}` : ''}
          {outside > 0 ? ` · ${plural(outside, 'file')} at other times` : ''}
        </span>
        {chosen === null ? null : (
          <button type="button" className="facet" data-on onClick={() => onChoose(null)}>
            Any time
          </button>
        )}
        <SegmentedControl
          size="xs"
          aria-label="Span of the timeline"
          data={scales.map(({ key, label }) => ({ value: key, label }))}
          value={scale}
          onChange={(value) => {
            setWanted(scales.find((one) => one.key === value)?.key ?? null)
            onChoose(null)
          }}
        />
      </div>
      <Lanes lanes={lanes} range={range} brush={brush} brushed={chosen !== null} onBrush={choose} />
      <RangeSlider
        className="timeline-brush"
        size="xs"
        disabled={empty}
        min={0}
        max={brushSteps}
        minRange={keyStep}
        step={keyStep}
        label={null}
        value={[Math.round(brush[0] * brushSteps), Math.round(brush[1] * brushSteps)]}
        onChange={([from, to]) => choose(from / brushSteps, to / brushSteps)}
        thumbFromLabel="Show files from"
        thumbToLabel="Show files until"
        thumbValueText={(step) => formatExact(range.fromMs + (step / brushSteps) * rangeMs)}
        thumbProps={(index) => ({
          onKeyDown: (event: KeyboardEvent) => {
            const [from, to] = brush
            const next = index === 0 ? leapOf(event.key, from, 0, to - least) : leapOf(event.key, to, from + least, 1)
            if (next === null) return
            event.preventDefault()
            if (index === 0) choose(next, to)
            else choose(from, next)
          },
        })}
      />
    </section>
  )
}

interface LanesProps {
  readonly lanes: readonly Lane[]
  readonly range: TimeRange
  readonly brush: readonly [number, number]
  readonly brushed: boolean
  readonly onBrush: (from: number, to: number) => void
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

function Lanes({ lanes, range, brush, brushed, onBrush }: LanesProps) {
  const field = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<readonly [number, number] | null>(null)
  const ticks = useMemo(() => (lanes.length === 0 ? [] : timelineTicks(range)), [lanes, range])
  const rangeMs = range.toMs - range.fromMs
  const at = (event: PointerEvent): number => {
    const box = field.current?.getBoundingClientRect()
    return box === undefined || box.width === 0 ? 0 : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
  }
  const shown = drag === null ? brush : ([Math.min(...drag), Math.max(...drag)] as const)
  return (
    <div className="timeline-body">
      <ul className="timeline-names">
        {lanes.map(({ name, files }) => (
          <li key={name} dir="auto" title={`${name}: ${plural(files, 'file')}`}>
            {name}
          </li>
        ))}
      </ul>
      <div
        className="timeline-field"
        ref={field}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag([at(event), at(event)])
        }}
        onPointerMove={(event) => {
          if (drag !== null) setDrag([drag[0], at(event)])
        }}
        onPointerUp={() => {
          if (drag !== null && Math.abs(drag[1] - drag[0]) >= minDrag) onBrush(Math.min(...drag), Math.max(...drag))
          setDrag(null)
        }}
        onPointerCancel={() => setDrag(null)}
      >
        {lanes.map(({ name, files, bars }) => (
          <div key={name} className="timeline-lane" role="img" aria-label={`${name}: ${plural(files, 'file')}`}>
            {bars.map(({ from, to, files: most }) => (
              <span key={from} data-many={most > 1} style={{ left: percent(from), width: percent(to - from) }} />
            ))}
          </div>
        ))}
        {brushed || drag !== null ? (
          <>
            <span className="timeline-shade" style={{ left: 0, width: percent(shown[0]) }} />
            <span className="timeline-shade" style={{ left: percent(shown[1]), right: 0 }} />
          </>
        ) : null}
      </div>
      <div className="timeline-ticks" aria-hidden>
        {ticks.map((tick) => (
          <span key={tick} style={{ left: percent((tick - range.fromMs) / rangeMs) }}>
            {formatTick(tick, rangeMs)}
          </span>
        ))}
      </div>
    </div>
  )
}
