import { Button } from '@mantine/core'
import { KindIcon } from './KindIcon.tsx'
import { LabButton } from './LabButton.tsx'
import { Empty } from './States.tsx'

/** A swarm of one: who will appear here and how. */
export function NoFleet() {
  return (
    <Empty
      title="No robots yet"
      picture={
        <span className="state-picture">
          <KindIcon kind="duckiebot" />
        </span>
      }
      actions={
        <>
          <LabButton />
          <Button component="a" href="#/settings" size="xs" variant="default">
            Open settings
          </Button>
        </>
      }
    >
      <p>
        Robots, laptops and servers that run dt-swarm on this network appear here by themselves within seconds. For
        those on another network, add the address of one of them under Settings, Bootstrap.
      </p>
    </Empty>
  )
}
