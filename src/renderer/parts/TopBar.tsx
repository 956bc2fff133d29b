import { Kbd, Loader } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { IconPlugConnected, IconPlugConnectedX, IconSearch } from '@tabler/icons-react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/shallow'
import type { Standing } from '../../shared/trust-views.ts'
import { plural } from '../format.ts'
import { useStores } from '../state/context.ts'
import { fleetHealth } from '../state/select-fleet.ts'
import { useInfo } from '../state/use-info.ts'
import { useStatus, useTrust } from '../state/use-live.ts'
import { catchUpPercent, isCatchingUp } from './checkpoints/CatchUp.tsx'
import { Named } from './PeerName.tsx'
import { LevelMark } from './StatusMark.tsx'

/** The swarm, me, search, health in one line, and the line to the peer. */
export function TopBar() {
  const info = useInfo()
  const standing = useTrust()?.self.standing
  const mac = navigator.userAgent.includes('Mac')
  return (
    <header className="top">
      <div className="top-who">
        <div className="top-swarm clip">{info?.swarm.name ?? 'dt-swarm'}</div>
        {info === null ? null : (
          <div className="top-me">
            <Named simulated={info.simulated}>
              <span className="clip" dir="auto" title={info.name}>
                {info.name} · {standingWords(standing ?? info.standing) ?? info.role}
              </span>
            </Named>
          </div>
        )}
      </div>
      <button type="button" className="top-search" onClick={() => spotlight.open()}>
        <IconSearch size={15} aria-hidden />
        <span className="long">Search robots, files, pages</span>
        <Kbd size="xs" aria-hidden>
          {mac ? '⌘' : 'Ctrl'} K
        </Kbd>
      </button>
      <CatchUpLine />
      <Health />
      <Line />
    </header>
  )
}

function Health() {
  const { fleet, system } = useStores()
  const warnings = useStore(system.status.store, (state) =>
    state.phase === 'ready' ? (state.items.get('status')?.warnings.length ?? 0) : 0,
  )
  const { level, text } = useStore(
    fleet.store,
    useShallow((state) =>
      state.phase === 'ready'
        ? fleetHealth(state.items.values())
        : { level: 'unknown' as const, text: 'Fleet not known yet' },
    ),
  )
  return (
    <div className="top-health live">
      <LevelMark level={level} />
      <span>{text}</span>
      {warnings === 0 ? null : (
        <a className="top-warnings level-look" href="#/network">
          <LevelMark level="look" /> {plural(warnings, 'warning')}
        </a>
      )}
    </div>
  )
}

/** What must be said of this peer instead of its role. */
function standingWords(standing: Standing): string | null {
  if (standing === 'stranger') return 'not admitted yet'
  return standing === 'revoked' ? 'revoked' : null
}

/** While the swarm's state is being taken over: how far. */
function CatchUpLine() {
  const catchUp = useStatus()?.catchUp
  if (catchUp === undefined || !isCatchingUp(catchUp)) return null
  const percent = catchUpPercent(catchUp)
  return (
    <a className="top-catch-up" href="#/checkpoints" title={catchUp.reason}>
      <Loader size={12} aria-hidden />
      <span>{percent === null ? 'Catching up' : `Catching up, ${percent} %`}</span>
    </a>
  )
}

function Line() {
  const { bridge } = useStores()
  const phase = useStore(bridge.connection, (state) => state.phase)
  const words = { open: 'connected', connecting: 'connecting', lost: 'line lost', denied: 'no access' }[phase]
  const Icon = phase === 'open' ? IconPlugConnected : IconPlugConnectedX
  return (
    <div className="top-line" title={`Line to the peer behind this window: ${words}`}>
      <Icon size={16} className={phase === 'open' ? 'level-ok' : 'level-look'} aria-hidden />
      <span className={phase === 'open' ? 'long' : ''}>{words}</span>
    </div>
  )
}
