import { useState } from 'react'
import { useStore } from 'zustand'
import { Announcer } from './parts/Announcer.tsx'
import { LineNotice } from './parts/LineNotice.tsx'
import { Palette } from './parts/Palette.tsx'
import { Rail } from './parts/Rail.tsx'
import { ScrollContext } from './parts/scroll.ts'
import { SharedDrop } from './parts/SharedDrop.tsx'
import { useThemeOfPeer } from './parts/ThemeButton.tsx'
import { TopBar } from './parts/TopBar.tsx'
import { Tray } from './parts/tray/Tray.tsx'
import { KeysDialog, useKeys } from './parts/Keys.tsx'
import { JoinFromLink } from './parts/trust/JoinFromLink.tsx'
import { JoinNotices } from './parts/trust/JoinNotices.tsx'
import { AskNotices } from './parts/trust/AskBanner.tsx'
import { CheckpointsPage } from './pages/CheckpointsPage.tsx'
import { DeniedPage } from './pages/DeniedPage.tsx'
import { FleetPage } from './pages/FleetPage.tsx'
import { LogsPage } from './pages/LogsPage.tsx'
import { NetworkPage } from './pages/NetworkPage.tsx'
import { RecordsPage } from './pages/RecordsPage.tsx'
import { RobotPage } from './pages/RobotPage.tsx'
import { SettingsPage } from './pages/SettingsPage.tsx'
import { UnknownPage } from './pages/UnknownPage.tsx'
import { useRoute, type Route } from './route.ts'
import { useStores } from './state/context.ts'

/** The frame of the window and the page of the route. */
export function App() {
  const { bridge } = useStores()
  const line = useStore(bridge.connection, (state) => state.phase)
  if (line === 'denied') return <DeniedPage />
  return <Frame line={line} />
}

function Frame({ line }: { readonly line: string }) {
  const route = useRoute()
  const epoch = useStore(useStores().epoch, (state) => state.no)
  const [main, setMain] = useState<HTMLElement | null>(null)
  const keys = useKeys(main)
  useThemeOfPeer()
  return (
    <ScrollContext value={main}>
      <div className="frame" data-line={line}>
        <a
          className="skip"
          href={window.location.hash}
          onClick={(event) => {
            event.preventDefault()
            main?.focus()
          }}
        >
          Skip to content
        </a>
        <Rail current={route.page} />
        <TopBar />
        <main className="main" ref={setMain} tabIndex={-1} key={`${epoch} ${pageKey(route)}`}>
          <LineNotice />
          <Page route={route} />
        </main>
        <Tray />
      </div>
      <SharedDrop />
      <Palette onKeys={keys.show} />
      <KeysDialog opened={keys.shown} onClose={keys.hide} />
      <Announcer />
      <AskNotices />
      <JoinNotices />
      <JoinFromLink />
    </ScrollContext>
  )
}

/** Another page, or another swarm, starts at its top; another tab or file of the same page keeps its place. */
function pageKey(route: Route): string {
  return route.page === 'robot' ? route.peer : route.page
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'fleet':
      return <FleetPage />
    case 'robot':
      return <RobotPage peer={route.peer} tab={route.tab} />
    case 'logs':
      return <LogsPage chosen={route.file} />
    case 'network':
      return <NetworkPage tab={route.tab} />
    case 'records':
      return <RecordsPage bucket={route.bucket} record={route.record} />
    case 'checkpoints':
      return <CheckpointsPage chosen={route.root} />
    case 'settings':
      return <SettingsPage tab={route.tab} />
    case 'unknown':
      return <UnknownPage hash={route.hash} />
  }
}
