import type { SystemStatusView } from '../../../shared/views.ts'

/** The swarm's health in one line, for the tray: "14 machines, 1 overdue, 2 gone; 1 transfer running". */
export function statusLine(status: Pick<SystemStatusView, 'machines' | 'transfersRunning'>): string {
  const { alive, suspect, gone, unknown } = status.machines
  const all = alive + suspect + gone + unknown
  const parts = [
    all === 1 ? '1 machine' : `${all} machines`,
    ...(suspect > 0 ? [`${suspect} overdue`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
    ...(unknown > 0 ? [`${unknown} not heard yet`] : []),
  ]
  const running = status.transfersRunning
  if (running === 0) return parts.join(', ')
  return `${parts.join(', ')}; ${running} ${running === 1 ? 'transfer' : 'transfers'} running`
}
