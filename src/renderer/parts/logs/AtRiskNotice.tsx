import { Button } from '@mantine/core'
import { IconLifebuoy } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
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
  /** What the last rescue could not take. */
  const [more, setMore] = useState(0)
  const { worst, reachable, bytes, coming } = risk
  if (worst === null && coming === 0) return null
  const onTheirWay = `${plural(coming, 'file')} ${coming === 1 ? 'is' : 'are'} being rescued.`
  if (worst === null) {
    return (
      <section className="risk" aria-label="Files at risk">
        <output>{onTheirWay}</output>
      </section>
    )
  }
  const count = risk.shares.length
  return (
    <section className="risk" aria-label="Files at risk">
      <p>
        <LevelMark level="act" />{' '}
        <strong>
          {plural(count, 'file')} {count === 1 ? 'is' : 'are'} {reachable === 0 ? 'out of reach' : 'in danger'}
        </strong>
        {count === 1 ? ': ' : ', such as '}
        <span dir="auto">{worst.name}</span>: {worst.safety.why}.{' '}
        {coming > 0 ? <span className="dim">{onTheirWay} </span> : null}
        {reachable === 0 ? <span className="dim">Rescued files come when somebody who has them is back.</span> : null}
      </p>
      <div className="risk-acts">
        <Button
          size="compact-xs"
          loading={busy}
          leftSection={<IconLifebuoy size={14} aria-hidden />}
          title="Fetches them before all else and keeps them on this peer for good"
          onClick={() => run(async () => setMore((await bridge.api.archive.rescue({ risk: 'high' })).more))}
        >
          Rescue {count === 1 ? 'it' : `all ${count}`} ({formatBytes(bytes)})
        </Button>
        <Button size="compact-xs" variant="default" onClick={onShow}>
          Show {count === 1 ? 'it' : 'them'}
        </Button>
      </div>
      {more > 0 ? (
        <output className="dim">
          {plural(more, 'file')} had no place: no more can wait to be fetched. Rescue the rest once some are here.
        </output>
      ) : null}
      <ProblemNote problem={problem} />
    </section>
  )
}
