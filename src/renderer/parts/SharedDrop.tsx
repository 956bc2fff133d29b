import { Dropzone } from '@mantine/dropzone'
import { notifications } from '@mantine/notifications'
import { IconFileUpload } from '@tabler/icons-react'
import { problemOf } from '../bridge/problem.ts'
import { plural } from '../format.ts'
import { useStores } from '../state/context.ts'
import type { Stores } from '../state/stores.ts'

/** Hands files to the peer and says what it refused. */
export async function shareFiles(stores: Stores, files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  try {
    const refused = await stores.uploads.send(files)
    for (const { name, reason } of refused.slice(0, 3)) {
      notifications.show({ color: 'red', title: `${name} was not shared`, message: reason, autoClose: false })
    }
    if (refused.length > 3) {
      notifications.show({
        color: 'red',
        title: 'More was not shared',
        message: plural(refused.length - 3, 'more file'),
      })
    }
  } catch (error) {
    const { message } = problemOf(error)
    notifications.show({ color: 'red', title: 'Sharing failed', message, autoClose: false })
  }
}

/** Says in the tray's place what went wrong with a call a person made. */
export function sayFailed(title: string): (error: unknown) => void {
  return (error) => {
    const { code, message } = problemOf(error)
    notifications.show({ color: 'red', title, message: `${message} (${code})`, autoClose: 12_000 })
  }
}

/**
 * The files of a drop as the system handed them over. The library's own reading goes through file handles, whose
 * files have lost the path by which the desktop takes them. While something is dragged there are only items.
 */
function droppedFiles(event: unknown): (File | DataTransferItem)[] {
  if (typeof event !== 'object' || event === null) return []
  if ('dataTransfer' in event && event.dataTransfer instanceof DataTransfer) {
    const { files, items } = event.dataTransfer
    return 'type' in event && event.type === 'drop' ? [...files] : [...items]
  }
  if ('target' in event && event.target instanceof HTMLInputElement) return [...(event.target.files ?? [])]
  return []
}

/** The whole window is a drop target, on every page. */
export function SharedDrop() {
  const stores = useStores()
  return (
    <Dropzone.FullScreen
      active
      getFilesFromEvent={(event) => Promise.resolve(droppedFiles(event))}
      onDrop={(files) => void shareFiles(stores, files)}
      styles={{
        fullScreen: { background: 'transparent', padding: '1rem' },
        root: { border: 0, background: 'none', height: '100%' },
        inner: { height: '100%' },
      }}
    >
      <div className="drop" aria-hidden>
        <div>
          <IconFileUpload size={52} stroke={1.4} aria-hidden />
          <p>
            <strong>Drop to share with the swarm</strong>
          </p>
          <p className="dim">Every robot and laptop of the swarm will see these files and can fetch them.</p>
        </div>
      </div>
    </Dropzone.FullScreen>
  )
}
