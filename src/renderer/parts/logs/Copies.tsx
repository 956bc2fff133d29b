import type { ShareView } from '../../../shared/views.ts'
import { hrefOf } from '../../route.ts'
import { useInfo } from '../../state/use-info.ts'
import { NamedPeer } from '../PeerName.tsx'
import { LevelMark, StatusMark } from '../StatusMark.tsx'

/** Who says that they hold it, and whether they are heard. */
export function Copies({ share }: { readonly share: ShareView }) {
  const info = useInfo()
  const alive = share.copies.filter((copy) => copy.alive).length
  return (
    <section aria-label="Copies">
      <h3>Copies</h3>
      <p>
        <CopiesWord share={share} alive={alive} />
      </p>
      <ul className="copies">
        {share.copies.map((copy) => (
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

/** How safe it is, in a sentence. */
function CopiesWord({ share, alive }: { readonly share: ShareView; readonly alive: number }) {
  const { copies, local } = share
  if (copies.length === 0) {
    return (
      <>
        <LevelMark level="act" /> Nobody says that they hold it.
      </>
    )
  }
  if (alive === 0 && !local) {
    return (
      <>
        <LevelMark level="act" /> Nobody who holds it is heard now: it can be fetched once one of them is back.
      </>
    )
  }
  if (copies.length === 1) {
    return (
      <>
        <LevelMark level="look" /> The only copy: if {copies[0]?.name} is lost, it is lost too.
      </>
    )
  }
  return (
    <>
      <LevelMark level="ok" /> {alive} of {copies.length} who hold it are up.
    </>
  )
}
