import { useState } from 'react'
import type { SettingsChange } from '../../shared/settings-change.ts'
import type { Settings } from '../../shared/views.ts'
import type { Bridge } from '../bridge/bridge.ts'
import type { Problem } from '../bridge/problem.ts'
import { useStores } from './context.ts'
import { useAct } from './use-act.ts'

type Answer = Awaited<ReturnType<Bridge['api']['settings']['update']>>

interface SettingsDraftInit<Draft> {
  readonly inForce: Settings
  readonly draftOf: (settings: Settings) => Draft
  /** What is sent by saving: what differs from the draft as it was opened, for another window may have changed the rest. */
  readonly changesOf: (draft: Draft, opened: Draft) => SettingsChange
  /** Nothing in it has to be mended. */
  readonly fine: (draft: Draft) => boolean
  /** It differs from what it was when it was opened. */
  readonly changed: (draft: Draft, opened: Draft) => boolean
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
  readonly opened: Draft
  readonly put: (change: Partial<Draft>) => void
}

/** Holds a form of settings: what is written in it, whether that can be saved, and what came of it. */
export function useSettingsDraft<Draft extends object>(init: SettingsDraftInit<Draft>): SettingsDrafting<Draft> {
  const { inForce, draftOf, changesOf, after } = init
  const { bridge, settings } = useStores()
  const [opened, setOpened] = useState<Draft>(() => draftOf(inForce))
  const [draft, setDraft] = useState<Draft>(opened)
  const [saved, setSaved] = useState<Answer | null>(null)
  const { busy, problem, run } = useAct()
  const fine = init.fine(draft)
  const put = (change: Partial<Draft>): void => {
    setDraft({ ...draft, ...change })
    setSaved(null)
  }
  const open = (now: Settings): void => {
    const from = draftOf(now)
    setOpened(from)
    setDraft(from)
  }
  return {
    draft,
    opened,
    fine,
    dirty: !fine || init.changed(draft, opened),
    busy,
    problem,
    saved,
    put,
    undo: () => {
      open(inForce)
      setSaved(null)
    },
    save: () =>
      run(async () => {
        const answer = await bridge.api.settings.update(changesOf(draft, opened))
        settings.set(answer.settings)
        open(answer.settings)
        setSaved(answer)
        await after?.()
      }),
  }
}
