import { useState } from 'react'
import type { Settings } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { Problem } from '../bridge/problem.ts'
import { useStores } from './context.ts'
import { useAct } from './use-act.ts'

type Answer = Awaited<ReturnType<Bridge['api']['settings']['update']>>

interface SettingsDraftInit<Draft> {
  readonly inForce: Settings
  readonly draftOf: (settings: Settings) => Draft
  /** What is sent by saving; the rest is left as it is, for another window may have changed it. */
  readonly changesOf: (draft: Draft) => Partial<Settings>
  /** Nothing in it has to be mended. */
  readonly fine: (draft: Draft) => boolean
  /** It differs from what is in force. */
  readonly changed: (draft: Draft) => boolean
  /** Done once it is saved: reads anew what hangs on the settings. */
  readonly after?: () => Promise<unknown>
}

/** Settings as a person writes them, until they are saved. */
export interface DraftState {
  readonly fine: boolean
  /** There is something to save, or to mend before it can be. */
  readonly dirty: boolean
  readonly busy: boolean
  /** Why saving failed. */
  readonly problem: Problem | null
  /** What the peer answered; null again as soon as something is changed. */
  readonly saved: Answer | null
  readonly save: () => void
  readonly undo: () => void
}

export interface SettingsDrafting<Draft> extends DraftState {
  readonly draft: Draft
  readonly put: (change: Partial<Draft>) => void
}

/** Holds a form of settings: what is written in it, whether that can be saved, and what came of it. */
export function useSettingsDraft<Draft extends object>(init: SettingsDraftInit<Draft>): SettingsDrafting<Draft> {
  const { inForce, draftOf, changesOf, after } = init
  const { bridge, settings } = useStores()
  const [draft, setDraft] = useState<Draft>(() => draftOf(inForce))
  const [saved, setSaved] = useState<Answer | null>(null)
  const { busy, problem, run } = useAct()
  const fine = init.fine(draft)
  const put = (change: Partial<Draft>): void => {
    setDraft({ ...draft, ...change })
    setSaved(null)
  }
  return {
    draft,
    fine,
    dirty: !fine || init.changed(draft),
    busy,
    problem,
    saved,
    put,
    undo: () => put(draftOf(inForce)),
    save: () =>
      run(async () => {
        const answer = await bridge.api.settings.update(changesOf(draft))
        settings.set(answer.settings)
        setDraft(draftOf(answer.settings))
        setSaved(answer)
        await after?.()
      }),
  }
}
