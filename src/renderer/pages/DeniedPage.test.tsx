import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { App } from '../App.tsx'
import { connectBrowser } from '../bridge/browser.ts'
import { StoresProvider } from '../state/context.ts'
import { createStores, type Stores } from '../state/stores.ts'
import { openAtServer, useRealNetwork, type RealServer } from '../testing/real-server.ts'

let server: RealServer | null = null
let stores: Stores | null = null

afterEach(async () => {
  stores?.stop()
  stores?.bridge.stop()
  await server?.close()
  vi.unstubAllGlobals()
})

test('a server that answers 401 brings the page that says which link to open', async () => {
  useRealNetwork()
  const asked: string[] = []
  server = await openAtServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(401).end()
  })
  // The socket of the page is refused as well, before it is one.
  server.http.on('upgrade', (_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'))
  stores = createStores(connectBrowser(), null)
  stores.start()
  render(
    <MantineProvider env="test">
      <StoresProvider value={stores}>
        <App />
      </StoresProvider>
    </MantineProvider>,
  )
  expect(await screen.findByRole('heading', { name: 'Open the link that dt-swarm printed' })).toBeDefined()
  expect(asked).toContain('/api/system/info')
  expect(screen.queryByRole('navigation')).toBeNull()
})
