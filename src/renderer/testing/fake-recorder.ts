import { defaultRecorderSettings, type MarkedView, type RecorderView } from '../../shared/recorder-views.ts'
import type { Guard } from './fake-guard.ts'

/** A flight recorder whose state a test says. */
export class FakeRecorder {
  view: RecorderView = { state: 'off', settings: defaultRecorderSettings, refused: null, flights: [] }
  marked: MarkedView = { id: '2030-01-02_03-04-05Z-mark', files: 5, sizeBytes: 2_000_000, leftOut: 0 }
  /** Why a mark is refused; null: it is not. */
  refusal: string | null = null
  /** What was asked for. */
  readonly marks: { readonly text: string; readonly peer: string | undefined }[] = []
}

export function recorderRoutes(guard: Guard, fake: FakeRecorder) {
  return {
    status: guard.recorder.status.handler(() => fake.view),
    mark: guard.recorder.mark.handler(({ input: { text, peer }, errors }) => {
      if (fake.refusal !== null) throw errors.LIMIT_REACHED({ message: fake.refusal })
      fake.marks.push({ text, peer })
      return fake.marked
    }),
  }
}
