import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconFile, IconFolder, IconUpload } from '@tabler/icons-react'
import { useStores } from '../../state/context.ts'
import { pickFiles } from '../pick-files.ts'
import { shareFiles } from '../SharedDrop.tsx'

/** Shares a file that a person chooses, or a folder with all that is in it. */
export function ShareButtons() {
  const stores = useStores()
  const share = (what: 'files' | 'folder'): void => void pickFiles(what).then((files) => shareFiles(stores, files))
  return (
    <Button.Group>
      <Button size="xs" color="duck" leftSection={<IconUpload size={15} aria-hidden />} onClick={() => share('files')}>
        Share a file
      </Button>
      <Menu position="bottom-end" shadow="md">
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
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  )
}
