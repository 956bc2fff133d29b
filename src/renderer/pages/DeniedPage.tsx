import { IconLock } from '@tabler/icons-react'
import { Empty } from '../parts/States.tsx'

/** The server wants its token, which only the link that it printed brings. */
export function DeniedPage() {
  return (
    <main>
      <h1 className="sr-only">dt-swarm: no access</h1>
      <Empty
        title="Open the link that dt-swarm printed"
        picture={<IconLock className="state-picture" stroke={1.2} aria-hidden />}
      >
        <p>
          This console belongs to one peer and opens only with its token. Where dt-swarm was started it printed an
          address that ends in <span className="mono">/?token=…</span>: open that one. A peer that was started anew has
          a new token.
        </p>
      </Empty>
    </main>
  )
}
