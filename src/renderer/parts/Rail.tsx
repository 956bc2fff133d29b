import { IconFiles, IconListDetails, IconRobot, IconSettings, IconStack2, IconTopologyStar3 } from '@tabler/icons-react'
import { useStore } from 'zustand'
import icon from '../icon.svg'
import { useStores } from '../state/context.ts'
import { isRobot, levelOf } from '../state/select-fleet.ts'
import { isEnded } from '../state/select-files.ts'
import { ThemeButton } from './ThemeButton.tsx'

export const pages = [
  { page: 'fleet', label: 'Fleet', key: 'f', Icon: IconRobot },
  { page: 'logs', label: 'Logs', key: 'l', Icon: IconFiles },
  { page: 'network', label: 'Network', key: 'n', Icon: IconTopologyStar3 },
  { page: 'records', label: 'Records', key: 'r', Icon: IconListDetails },
  { page: 'checkpoints', label: 'Checkpoints', key: 'c', Icon: IconStack2 },
  { page: 'settings', label: 'Settings', key: 's', Icon: IconSettings },
] as const

interface Badge {
  readonly count: number
  readonly level: string
  readonly words: string
}

function useFleetBadge(): Badge {
  const { fleet } = useStores()
  const sign = useStore(fleet.store, (state) => {
    if (state.phase !== 'ready') return '0 look'
    let count = 0
    let act = false
    for (const machine of state.items.values()) {
      const level = isRobot(machine) ? levelOf(machine) : 'ok'
      if (level === 'act') act = true
      if (level === 'act' || level === 'look') count += 1
    }
    return `${count} ${act ? 'act' : 'look'}`
  })
  const [count = '0', level = 'look'] = sign.split(' ')
  return { count: Number(count), level, words: 'in trouble' }
}

function useLogsBadge(): Badge {
  const { transfers, uploads } = useStores()
  const running = useStore(transfers.store, (state) =>
    state.phase === 'ready' ? [...state.items.values()].filter((transfer) => !isEnded(transfer)).length : 0,
  )
  const sending = useStore(uploads.store, (map) => [...map.values()].filter((one) => one.state !== 'failed').length)
  return { count: Math.max(running, sending), level: 'busy', words: 'transfers running' }
}

function useNetworkBadge(): Badge {
  const { system } = useStores()
  const count = useStore(system.status.store, (state) =>
    state.phase === 'ready' ? (state.items.get('status')?.warnings.length ?? 0) : 0,
  )
  return { count, level: 'look', words: count === 1 ? 'warning' : 'warnings' }
}

/** Who asks to be admitted, and what lacks this peer's signature. */
function useTrustBadge(): Badge {
  const { system } = useStores()
  const count = useStore(system.status.store, (state) => {
    const status = state.phase === 'ready' ? state.items.get('status') : undefined
    return status === undefined ? 0 : status.asks + status.proposals
  })
  return { count, level: 'look', words: count === 1 ? 'waits for you' : 'wait for you' }
}

/** The pages, each with a quiet badge. */
export function Rail({ current }: { readonly current: string }) {
  const badges: Readonly<Record<string, Badge>> = {
    fleet: useFleetBadge(),
    logs: useLogsBadge(),
    network: useNetworkBadge(),
    settings: useTrustBadge(),
  }
  return (
    <nav className="rail" aria-label="Pages">
      <div className="rail-mark">
        <img src={icon} alt="dt-swarm" />
      </div>
      <ul className="rail-list">
        {pages.map(({ page, label, key, Icon }) => {
          const badge = badges[page]
          return (
            <li key={page}>
              <a
                className="rail-link"
                href={`#/${page}`}
                title={`${label} (g ${key})`}
                aria-current={current === page || (current === 'robot' && page === 'fleet') ? 'page' : undefined}
              >
                <Icon stroke={1.6} aria-hidden />
                {label}
                {badge === undefined || badge.count === 0 ? null : (
                  <span className="rail-badge" data-level={badge.level}>
                    {badge.count > 99 ? '99+' : badge.count}
                    <span className="sr-only"> {badge.words}</span>
                  </span>
                )}
              </a>
            </li>
          )
        })}
      </ul>
      <div className="rail-foot">
        <ThemeButton />
      </div>
    </nav>
  )
}
