import '@mantine/core/styles.css'
import '@mantine/dropzone/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/parts.css'
import './styles/pages.css'
import './styles/logs.css'
import './styles/trust.css'
import './styles/records.css'
import './styles/network.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import type { Bridge } from './bridge/bridge.ts'
import { runClock } from './state/clock.ts'
import { StoresProvider } from './state/context.ts'
import { createStores } from './state/stores.ts'
import { theme, variables } from './theme.ts'
import { schemeManager } from './theme-choice.ts'

/** Draws the interface over one line to a peer. */
export function mount(bridge: Bridge): void {
  const root = document.getElementById('root')
  if (root === null) throw new Error('index.html has no element #root to draw into')
  const stores = createStores(bridge, window.localStorage)
  runClock()
  stores.start()
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        colorSchemeManager={schemeManager}
        defaultColorScheme="auto"
      >
        <StoresProvider value={stores}>
          <App />
          {/* Over the search: what can be pressed on a page stands at its right, and below that the tray. */}
          <Notifications position="top-center" limit={4} />
        </StoresProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
