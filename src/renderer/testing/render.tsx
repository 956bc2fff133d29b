import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { render } from '@testing-library/react'
import { App } from '../App.tsx'
import { StoresProvider } from '../state/context.ts'
import { createStores, type Stores } from '../state/stores.ts'
import type { FakeSwarm } from './fake-client.ts'

/** The whole window over a fake swarm, at an address. */
export function renderApp(swarm: FakeSwarm, hash: string): Stores {
  window.location.hash = hash
  const stores = createStores(swarm.bridge, window.localStorage)
  stores.start()
  render(
    <MantineProvider env="test">
      <StoresProvider value={stores}>
        <App />
        <Notifications />
      </StoresProvider>
    </MantineProvider>,
  )
  return stores
}
