import { Button } from '@mantine/core'
import { useInfo } from '../state/use-info.ts'
import { CopyIcon } from './Copy.tsx'
import { LabButton } from './LabButton.tsx'
import { Empty } from './States.tsx'

/** At most this many of our addresses are offered: any one that is reachable will do. */
const maxAddresses = 4

/** Our addresses as another peer is given them; those of loopback only where there are no others. */
function addressesToGive(addresses: readonly string[], peer: string): readonly string[] {
  const reachable = addresses.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address))
  return (reachable.length > 0 ? reachable : addresses)
    .slice(0, maxAddresses)
    .map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peer}`))
}

/** Nobody is connected: how peers find each other, and what to give to one that does not. */
export function NoLinks() {
  const info = useInfo()
  const addresses = info === null ? [] : addressesToGive(info.addresses, info.peer)
  return (
    <Empty
      title="No peer is connected"
      actions={
        <>
          <LabButton />
          <Button component="a" href="#/settings" size="xs" variant="default">
            Add a bootstrap address
          </Button>
        </>
      }
    >
      <p>
        Peers on the same network find each other by mDNS within seconds; guest Wi-Fi and client isolation block that.
        Then, or across networks, start the other peer with an address of this one, or add one of its addresses here
        under Settings, Bootstrap. One is enough: peers tell each other the rest.
      </p>
      {addresses.length === 0 ? null : (
        <ul className="give">
          {addresses.map((address) => (
            <li key={address}>
              <code className="mono">dt-swarm daemon --bootstrap {address}</code>{' '}
              <CopyIcon text={`dt-swarm daemon --bootstrap ${address}`} label="Copy this command" />
            </li>
          ))}
        </ul>
      )}
    </Empty>
  )
}
