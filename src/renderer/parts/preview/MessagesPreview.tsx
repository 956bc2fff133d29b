import type { LogPreview } from '../../../shared/log-views.ts'
import { Frames } from './Frames.tsx'
import { NumberCharts } from './NumberCharts.tsx'
import { RateChart } from './RateChart.tsx'
import { TopicList } from './TopicList.tsx'

interface MessagesPreviewProps {
  readonly cid: string
  readonly preview: Extract<LogPreview, { kind: 'messages' }>
}

/** A recording: its pictures, how many messages came when, its first numbers, its topics. */
export function MessagesPreview({ cid, preview }: MessagesPreviewProps) {
  const { timeline, info, numbers, frames } = preview
  const startMs = info.startMs ?? timeline?.fromMs ?? 0
  return (
    <>
      {frames.length > 0 ? <Frames cid={cid} frames={frames} startMs={startMs} /> : null}
      {timeline === null || timeline.topics.length === 0 ? null : <RateChart activity={timeline} startMs={startMs} />}
      {info.topics.length > 0 ? <TopicList info={info} activity={timeline} /> : null}
      {numbers.length > 0 ? <NumberCharts numbers={numbers} /> : null}
    </>
  )
}
