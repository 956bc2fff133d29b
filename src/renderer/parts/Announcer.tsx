import { useEffect, useState } from 'react'
import type { MachineStatus } from '../../shared/views.ts'
import { useStores } from '../state/context.ts'
import type { Live } from '../state/live-store.ts'
import type { MachineView } from '../../shared/views.ts'

const words: Readonly<Record<MachineStatus, string>> = {
  alive: 'is alive',
  suspect: 'is overdue',
  gone: 'is gone',
  unknown: 'is not known',
}

/** The changes of status between two states of the fleet, in words; none for the first state. */
function statusChanges(before: Live<MachineView>, after: Live<MachineView>): readonly string[] {
  if (before.phase !== 'ready' || after.phase !== 'ready') return []
  const said: string[] = []
  for (const [id, machine] of after.items) {
    const known = before.items.get(id)
    if (known === undefined) said.push(`${machine.name} joined`)
    else if (known !== machine && known.status !== machine.status) said.push(`${machine.name} ${words[machine.status]}`)
  }
  return said
}

/** Tells screen readers, politely and in one sentence, who came, went or fell silent. */
export function Announcer() {
  const { fleet } = useStores()
  const [text, setText] = useState('')
  useEffect(
    () =>
      fleet.store.subscribe((after, before) => {
        const said = statusChanges(before, after)
        if (said.length === 0) return
        setText(`${said.slice(0, 3).join(', ')}${said.length > 3 ? ` and ${said.length - 3} more changes` : ''}.`)
      }),
    [fleet],
  )
  return (
    <div className="sr-only" aria-live="polite">
      {text}
    </div>
  )
}
