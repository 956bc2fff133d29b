import { Button } from '@mantine/core'
import { Empty } from '../parts/States.tsx'

/** An address that leads nowhere. */
export function UnknownPage({ hash }: { readonly hash: string }) {
  return (
    <div className="page">
      <h1 className="sr-only">Page not found</h1>
      <Empty
        title="There is no such page"
        actions={
          <Button component="a" href="#/fleet" size="xs">
            Go to the fleet
          </Button>
        }
      >
        <p>
          Nothing answers to <span className="mono">{hash.slice(0, 120)}</span>. The link may be cut short, or of
          another version.
        </p>
      </Empty>
    </div>
  )
}
