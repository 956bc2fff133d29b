import { Button } from '@mantine/core'
import { IconLifebuoy } from '@tabler/icons-react'
import { useMemo } from 'react'
import type { ShareView } from '../../../shared/views.ts'
import { formatBytes, plural } from '../../format.ts'
import { atRiskOf } from '../../state/at-risk.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark } from '../StatusMark.tsx'

interface AtRiskNoticeProps {
  readonly shares: ReadonlyMap<string, ShareView>
  /** Shows these alone. */
  readonly onShow: () => void
}

/** What may be lost any moment, and one click that saves it. */
export function AtRiskNotice({ shares, onShow }: AtRiskNoticeProps) {
  const { bridge } = useStores()
  const risk = useMemo(() => atRiskOf(shares.values()), [shares])
  const { busy, problem, run } = useAct()
  const { worst, reachable, bytes } = risk
  if (worst === null) return null
  const count = risk.shares.length
  return (
    <section className="risk" aria-label="Files at risk">
      <p>
        <LevelMark level="act" />{' '}
        <strong>
          {plural(count, 'file')} {count === 1 ? 'is' : 'are'} {reachable === 0 ? 'out of reach' : 'in danger'}
        </strong>{' '}
        <span className="risk-worst">
          <span dir="auto">{worst.name}</span>: {worst.safety.why}.
        </span>{' '}
        {reachable === 0 ? <span className="dim">Rescued files come when somebody who has them is back.</span> : null}
      </p>
      <div className="risk-acts">
        <Button
          size="compact-xs"
          loading={busy}
          leftSection={<IconLifebuoy size={14} aria-hidden />}
          title="Fetches them before all else and keeps them on this peer for good"
          onClick={() => run(() => bridge.api.archive.rescue({ risk: 'high' }))}
        >
          Rescue {count === 1 ? 'it' : `all ${count}`} ({formatBytes(bytes)})
        </Button>
        <Button size="compact-xs" variant="default" onClick={onShow}>
          Show {count === 1 ? 'it' : 'them'}
        </Button>
      </div>
      <ProblemNote problem={problem} />
    </section>
  )
}
