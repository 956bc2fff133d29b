import { defaultRecorderSettings, type MarkedView, type RecorderView } from '../../../../shared/recorder-views.ts'
import type { ApiRecorder } from '../api-peer.ts'

/** A flight recorder that is on, and remembers what was marked. */
export class MemoryRecorder implements ApiRecorder {
  readonly marks: { readonly text: string; readonly peer: string }[] = []

  status(): RecorderView {
    return { state: 'ready', settings: { ...defaultRecorderSettings, on: true }, refused: null, flights: [] }
  }

  async mark(text: string, { peer }: { readonly peer: string }): Promise<MarkedView> {
    this.marks.push({ text, peer })
    return { id: '2030-01-02_03-04-05Z-mark', files: 3, sizeBytes: 3_000, leftOut: 0 }
  }
}
