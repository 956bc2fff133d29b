import { Button, Menu } from '@mantine/core'
import { IconCheck, IconChevronDown, IconFile, IconFolder, IconUpload } from '@tabler/icons-react'
import { useStore } from 'zustand'
import { useStores } from '../../state/context.ts'
import { pickFiles } from '../pick-files.ts'
import { shareFiles } from '../SharedDrop.tsx'

/** Shares a file that a person chooses, or a folder with all that is in it; with the swarm, or a file channel. */
export function ShareButtons() {
  const stores = useStores()
  const channel = useStore(stores.sharing, (state) => state.channel)
  const channels = useStore(stores.fileChannels.store, (state) => (state.phase === 'ready' ? state.value : null))
  const joined = (channels ?? []).filter((one) => one.joined).map((one) => one.name)
  const share = (what: 'files' | 'folder'): void => void pickFiles(what).then((files) => shareFiles(stores, files))
  return (
    <Button.Group>
      <Button size="xs" color="duck" leftSection={<IconUpload size={15} aria-hidden />} onClick={() => share('files')}>
        Share a file{channel === null ? '' : ` with ${channel}`}
      </Button>
      <Menu position="bottom-end" shadow="md" onOpen={() => void stores.fileChannels.load()}>
        <Menu.Target>
          <Button size="xs" color="duck" px={6} aria-label="Share files or a folder">
            <IconChevronDown size={15} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFile size={15} aria-hidden />} onClick={() => share('files')}>
            Files…
          </Menu.Item>
          <Menu.Item leftSection={<IconFolder size={15} aria-hidden />} onClick={() => share('folder')}>
            A folder with all that is in it…
          </Menu.Item>
          {joined.length === 0 && channel === null ? null : (
            <>
              <Menu.Label>Share with</Menu.Label>
              {[null, ...new Set([...joined, ...(channel === null ? [] : [channel])])].map((name) => (
                <Menu.Item
                  key={name ?? ''}
                  leftSection={name === channel ? <IconCheck size={15} aria-hidden /> : <span className="menu-gap" />}
                  onClick={() => stores.sharing.setState({ channel: name }, true)}
                >
                  {name ?? 'the whole swarm'}
                </Menu.Item>
              ))}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  )
}
