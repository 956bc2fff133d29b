import { Dropzone } from '@mantine/dropzone'
import { notifications } from '@mantine/notifications'
import { IconFileUpload } from '@tabler/icons-react'
import { useStore } from 'zustand'
import { problemOf } from '../bridge/problem.ts'
import { formatCount, plural } from '../format.ts'
import { useStores } from '../state/context.ts'
import type { Stores } from '../state/stores.ts'
import { useRoute } from '../route.ts'
import { importCheckpoint, isCarFile } from './checkpoints/import-checkpoint.ts'
import { entriesWithFolders, maxDropped, walkEntries, type Dropped } from './dropped-files.ts'

/** Hands files to the peer and says what it refused. */
export async function shareFiles(stores: Stores, files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  try {
    const refused = await stores.uploads.send(files, stores.sharing.getState().channel)
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
async function droppedFiles(event: unknown, walkFolders: boolean): Promise<(File | DataTransferItem)[]> {
  if (typeof event !== 'object' || event === null) return []
  if ('dataTransfer' in event && event.dataTransfer instanceof DataTransfer) {
    const { files, items } = event.dataTransfer
    if (!('type' in event) || event.type !== 'drop') return [...items]
    // Before the first wait: afterwards the browser has taken the drop away.
    const whole = [...files]
    const entries = walkFolders ? entriesWithFolders(items) : null
    if (entries === null) return whole
    const dropped = await walkEntries(entries)
    sayLeftOut(dropped)
    return [...dropped.files]
  }
  if ('target' in event && event.target instanceof HTMLInputElement) return [...(event.target.files ?? [])]
  return []
}

/** A folder was dropped: says what of it is not shared. */
function sayLeftOut({ files, more, unreadable }: Dropped): void {
  const show = (title: string, message: string): void => {
    notifications.show({ color: 'red', title, message, autoClose: false })
  }
  if (more) {
    const message = `The folder has more than ${formatCount(maxDropped)} files: only the first ${formatCount(maxDropped)} are shared. Drop the rest in smaller parts.`
    show('Not all of the folder is shared', message)
  }
  const [first] = unreadable
  if (first !== undefined) {
    const others = unreadable.length > 1 ? ` and ${formatCount(unreadable.length - 1)} more` : ''
    show('Not all could be read', `${first}${others} could not be read, and will not be shared.`)
  }
  if (files.length === 0 && first === undefined) {
    show('Nothing to share', 'The folder that was dropped has no files in it.')
  }
}

/** The whole window is a drop target, on every page. */
export function SharedDrop() {
  const stores = useStores()
  const checkpoints = useRoute().page === 'checkpoints'
  const channel = useStore(stores.sharing, (state) => state.channel)
  const whom = channel === null ? 'the swarm' : `the file channel ${channel}`
  const take = async (files: readonly File[]): Promise<void> => {
    const [first] = files
    // On the page of checkpoints a CAR file is one; anywhere else it is a file like others.
    if (checkpoints && first !== undefined && files.every((file) => isCarFile(file))) {
      for (const file of files) await importCheckpoint(stores, file)
      return
    }
    await shareFiles(stores, files)
  }
  return (
    <Dropzone.FullScreen
      active
      getFilesFromEvent={(event) => droppedFiles(event, stores.bridge.kind === 'browser')}
      onDrop={(files) => void take(files)}
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
            <strong>{checkpoints ? 'Drop a .car file to take over its records' : `Drop to share with ${whom}`}</strong>
          </p>
          <p className="dim">
            {checkpoints
              ? `Every block and signature is checked first. Other files are shared with ${whom}.`
              : channel === null
                ? 'Every robot and laptop of the swarm will see these files and can fetch them.'
                : 'Peers that joined it will see these files and can fetch them.'}
          </p>
        </div>
      </div>
    </Dropzone.FullScreen>
  )
}
