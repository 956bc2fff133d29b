import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { plural } from '../../format.ts'
import { parseRoute } from '../../route.ts'
import type { AskView } from '../../../shared/trust-views.ts'
import { useStores } from '../../state/context.ts'
import { valueIn } from '../../state/live-value.ts'
import { maySteer } from '../../state/trust-words.ts'
import { useInfo } from '../../state/use-info.ts'
import { useTrust } from '../../state/use-live.ts'
import { Simulated } from '../KindIcon.tsx'
import { AdmitDialog } from './AdmitDialog.tsx'
import { candidateOf } from './AsksPanel.tsx'

/** The notice of who asks. */
const noticeId = 'asks'
/** So many are named; the rest is counted. */
const maxNamed = 3

/** Over the fleet: that this peer itself is not admitted, and what must be compared for it to be. */
export function SelfNotice() {
  const trust = useTrust()
  const info = useInfo()
  if (trust === null || info === null) return null
  const { standing, reason } = trust.self
  if (standing === 'stranger') {
    return (
      <p className="ask" role="status">
        <span className="ask-text">
          <strong>This peer is not admitted in {trust.swarm.name} yet.</strong> It sees the swarm, and changes nothing.
          An operator admits it who compares its fingerprint: <span className="mono">{info.fingerprint}</span>
        </span>
      </p>
    )
  }
  if (standing === 'revoked') {
    return (
      <p className="ask" role="status" data-level="act">
        <span className="ask-text">
          <strong>This peer is revoked in {trust.swarm.name}.</strong> Nothing that it signs counts: {reason}.
        </span>
        <a href="#/settings/swarm">Swarm and invites</a>
      </p>
    )
  }
  return null
}

/** Over the fleet: who asks to be admitted, and what waits for this peer's signature. Only for those who may act. */
export function AskBanner() {
  const trust = useTrust()
  const [chosen, setChosen] = useState<AskView | null>(null)
  const [later, setLater] = useState<ReadonlySet<string>>(new Set())
  // A notice that came on the page before says the same.
  useEffect(() => void notifications.hide(noticeId), [])
  if (trust === null || !maySteer(trust)) return null
  const asks = trust.asks.filter((ask) => !later.has(ask.peer))
  const mine = trust.proposals.filter((proposal) => proposal.mine)
  const rest = asks.length - maxNamed
  return (
    <>
      {asks.slice(0, maxNamed).map((ask) => (
        <section key={ask.peer} className="ask" aria-label={`${ask.name} asks to be admitted`}>
          <span className="ask-text">
            <strong dir="auto">{ask.name}</strong> wants to join as {ask.role}. {ask.simulated ? <Simulated /> : null}{' '}
            <span className="dim mono">{ask.fingerprint}</span>
          </span>
          <Button size="compact-sm" variant="default" onClick={() => setLater(new Set([...later, ask.peer]))}>
            Not now
          </Button>
          <Button size="compact-sm" onClick={() => setChosen(ask)}>
            Look…
          </Button>
        </section>
      ))}
      {rest > 0 ? (
        <p className="ask">
          <span className="ask-text">{plural(rest, 'more machine')} ask to be admitted.</span>
          <a href="#/settings/trust">See all</a>
        </p>
      ) : null}
      {mine.length > 0 ? (
        <p className="ask">
          <span className="ask-text">
            {mine.length === 1
              ? `Waits for your signature: ${mine[0]?.what ?? ''}`
              : `${mine.length} changes of trust wait for your signature.`}
          </span>
          <a href="#/settings/trust">Look at it</a>
        </p>
      ) : null}
      {chosen === null ? null : (
        <AdmitDialog candidate={candidateOf(chosen)} trust={trust} onClose={() => setChosen(null)} />
      )}
    </>
  )
}

/** Says it on every page when somebody begins to ask; those who asked before the window opened are on the banner. */
export function AskNotices() {
  const { trust } = useStores()
  useEffect(
    () =>
      trust.store.subscribe((after, before) => {
        const now = valueIn(after)
        const was = valueIn(before)
        if (now === null || was === null || !maySteer(now)) return
        const fresh = now.asks.filter((ask) => !was.asks.some((one) => one.peer === ask.peer))
        const [first] = fresh
        // On the fleet's page the banner says it, and a notice would lie over the banner's buttons.
        if (first === undefined || parseRoute(window.location.hash).page === 'fleet') return
        notifications.hide(noticeId)
        notifications.show({
          id: noticeId,
          title:
            fresh.length === 1
              ? `${first.name} wants to join as ${first.role}`
              : `${fresh.length} machines want to join`,
          message: `Look at it on the Fleet page or under Settings, Trust.`,
          color: 'yellow',
          autoClose: 12_000,
        })
      }),
    [trust],
  )
  return null
}
