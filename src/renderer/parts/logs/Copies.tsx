import { Button } from '@mantine/core'
import { IconLifebuoy } from '@tabler/icons-react'
import type { ShareView } from '../../../shared/views.ts'
import { hrefOf } from '../../route.ts'
import { isRescuable, riskLevel, whyWords } from '../../state/at-risk.ts'
import { useStores } from '../../state/context.ts'
import { useAct } from '../../state/use-act.ts'
import { useInfo } from '../../state/use-info.ts'
import { NamedPeer } from '../PeerName.tsx'
import { ProblemNote } from '../Problem.tsx'
import { LevelMark, StatusMark } from '../StatusMark.tsx'

/** Who says that they hold it, how safe it is with them, and a click that makes it safer. */
export function Copies({ share }: { readonly share: ShareView }) {
  const { bridge } = useStores()
  const info = useInfo()
  const { busy, problem, run } = useAct()
  const { copies, local, safety } = share
  const alive = copies.filter((copy) => copy.alive).length
  return (
    <section aria-label="Copies">
      <h3>Copies</h3>
      <p>
        <LevelMark level={riskLevel[safety.risk]} /> {whyWords(share)}{' '}
        {alive === 0 && !local ? 'It can be fetched once one of them is back.' : null}
      </p>
      {isRescuable(share) ? (
        <p>
          <Button
            size="xs"
            variant={safety.risk === 'high' ? 'filled' : 'default'}
            loading={busy}
            leftSection={<IconLifebuoy size={15} aria-hidden />}
            title="Fetches it before all else and keeps it on this peer for good"
            onClick={() => run(() => bridge.api.archive.rescue({ cids: [share.cid] }))}
          >
            Rescue
          </Button>
        </p>
      ) : null}
      <ProblemNote problem={problem} />
      <ul className="copies">
        {copies.map((copy) => (
          <li key={copy.peer}>
            <StatusMark status={copy.alive ? 'alive' : 'gone'} />{' '}
            <NamedPeer peer={copy.peer}>
              <a className="clip" dir="auto" href={hrefOf({ page: 'robot', peer: copy.peer, tab: 'health' })}>
                {copy.name}
              </a>
            </NamedPeer>{' '}
            <span className="dim">
              {copy.peer === info?.peer ? 'this peer' : copy.alive ? 'up' : 'not heard lately'}
              {copy.peer === share.origin ? ', recorded it' : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
