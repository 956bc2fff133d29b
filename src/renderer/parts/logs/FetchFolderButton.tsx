import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconFolderDown } from '@tabler/icons-react'
import { useState } from 'react'
import type { ShareView } from '../../../shared/views.ts'
import { plural } from '../../format.ts'
import { useStores } from '../../state/context.ts'
import { sayFailed } from '../SharedDrop.tsx'

/** Fetches the whole folder that a file was shared in; nothing for a file that was shared alone. */
export function FetchFolderButton({ share }: { readonly share: ShareView }) {
  const { bridge } = useStores()
  const [busy, setBusy] = useState(false)
  const [folder, ...below] = share.name.split('/')
  if (folder === undefined || below.length === 0) return null
  const act = async (): Promise<void> => {
    setBusy(true)
    try {
      const begun = await bridge.api.files.fetchAll({ folder, origin: share.origin, to: 'downloads' })
      notifications.show({
        // Of more files than can wait there is one transfer that stands for all.
        title: `Fetching ${begun.some(({ id, group }) => id === group?.id) ? folder : `${plural(begun.length, 'file')} of ${folder}`}`,
        message: 'They come into the download folder, in the folders that they were shared in.',
        color: 'blue',
      })
    } catch (error) {
      sayFailed(`${folder} was not fetched`)(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button
      size="xs"
      variant="default"
      loading={busy}
      title={`All that ${share.originName} shares below ${folder}`}
      leftSection={<IconFolderDown size={15} aria-hidden />}
      onClick={() => void act()}
    >
      Fetch folder
    </Button>
  )
}
