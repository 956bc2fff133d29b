import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconFile, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { formatBytes } from '../format.ts'
import { go, parseRoute } from '../route.ts'
import { useStores } from '../state/context.ts'
import { kindOf } from '../state/select-fleet.ts'
import type { Stores } from '../state/stores.ts'
import { KindIcon } from './KindIcon.tsx'
import { pages } from './Rail.tsx'
import { useTheme } from './ThemeButton.tsx'
import { shareFiles } from './SharedDrop.tsx'
import { pickFiles } from './pick-files.ts'

/** Enough to find anything by name; more would only slow the list. */
const maxOfAKind = 2_000

/** Ctrl/Cmd K: pages, robots, files and actions by name. Its list is made when it opens, not while values move. */
export function Palette({ onKeys }: { readonly onKeys: () => void }) {
  const stores = useStores()
  const { choose } = useTheme()
  const [actions, setActions] = useState<SpotlightActionGroupData[]>([])
  const places = [
    ['graph', 'Network: who hears whom', '#/network/graph'],
    ['channels', 'Network: channels', '#/network/channels'],
    ['messages', 'Network: message stream', '#/network/messages'],
    ['routes', 'Network: routes', '#/network/routes'],
    ['invite', 'Invite a robot or a laptop', '#/settings/swarm'],
    ['join', 'Join another swarm', '#/settings/swarm'],
    ['files', 'Files: store, limits, share folder, file channels', '#/settings/files'],
    ['archive', 'Archive: what this peer keeps of others', '#/settings/files'],
    ['pinning', 'Pinning services', '#/settings/files'],
    ['recorder', 'Flight recorder', '#/settings/files'],
    ['follows', 'Follows: what is fetched by itself', '#/settings/files'],
    ['trust', 'Trust: members, roles and root keys', '#/settings/trust'],
    ['clock', 'Swarm time', '#/settings/clock'],
  ] as const
  const doable: SpotlightActionData[] = [
    ...places.map(([id, label, hash]) => ({ id, label, onClick: () => go(parseRoute(hash)) })),
    { id: 'share', label: 'Share a file…', onClick: () => void pickFiles().then((files) => shareFiles(stores, files)) },
    {
      id: 'share-folder',
      label: 'Share a folder…',
      onClick: () => void pickFiles('folder').then((files) => shareFiles(stores, files)),
    },
    { id: 'dark', label: 'Theme: dark', onClick: () => choose('dark') },
    { id: 'light', label: 'Theme: light', onClick: () => choose('light') },
    { id: 'system', label: 'Theme: as the system', onClick: () => choose('system') },
    { id: 'keys', label: 'Show keys', onClick: onKeys },
  ]
  return (
    <Spotlight
      actions={actions}
      limit={12}
      shortcut={['mod + K']}
      nothingFound="Nothing of that name. Try a robot, a file, a page or an action."
      highlightQuery
      attributes={{ content: { 'aria-label': 'Search everything' } }}
      classNames={{ actionLabel: 'palette-label', actionDescription: 'palette-about' }}
      onSpotlightOpen={() => setActions([...thingsOf(stores), { group: 'Actions', actions: doable }])}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: 'Robots, files, pages, actions',
        'aria-label': 'Search robots, files, pages and actions',
      }}
    />
  )
}

function thingsOf(stores: Stores): SpotlightActionGroupData[] {
  const fleet = stores.fleet.store.getState()
  const files = stores.files.store.getState()
  const machines = fleet.phase === 'ready' ? [...fleet.items.values()].slice(0, maxOfAKind) : []
  const shares = files.phase === 'ready' ? [...files.items.values()].slice(0, maxOfAKind) : []
  return [
    {
      group: 'Pages',
      actions: pages.map(({ page, label, Icon }) => ({
        id: `page ${page}`,
        label,
        leftSection: <Icon size={20} stroke={1.6} aria-hidden />,
        onClick: () => go(parseRoute(`#/${page}`)),
      })),
    },
    {
      group: 'Robots and machines',
      actions: machines.map((machine) => ({
        id: machine.peer,
        label: machine.name,
        title: machine.name,
        description: [...(machine.simulated ? ['simulated'] : []), kindOf(machine), machine.status].join(' · '),
        keywords: [machine.peer],
        leftSection: <KindIcon kind={kindOf(machine)} />,
        onClick: () => go({ page: 'robot', peer: machine.peer, tab: 'health' }),
      })),
    },
    {
      group: 'Files',
      actions: shares.map((share) => ({
        id: share.cid,
        label: share.name,
        title: share.name,
        description: [share.originName, ...(share.simulated ? ['simulated'] : []), formatBytes(share.sizeBytes)].join(
          ' · ',
        ),
        keywords: [share.cid],
        leftSection: <IconFile size={20} stroke={1.6} aria-hidden />,
        onClick: () => go({ page: 'logs', file: share.cid }),
      })),
    },
  ]
}
