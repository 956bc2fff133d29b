import { notifications } from '@mantine/notifications'
import { problemOf } from '../../bridge/problem.ts'
import { formatCount, plural } from '../../format.ts'
import { go } from '../../route.ts'
import type { Stores } from '../../state/stores.ts'

/** What the peer takes at most; it says so itself as well. */
const maxBytes = 256 * 1_024 * 1_024

export function isCarFile(file: { readonly name: string }): boolean {
  return file.name.toLowerCase().endsWith('.car')
}

/** Hands a CAR file to the peer and says what became of its records. */
export async function importCheckpoint({ bridge }: Stores, file: File): Promise<void> {
  const failed = (message: string): void => {
    notifications.show({ color: 'red', title: `${file.name} was not taken over`, message, autoClose: false })
  }
  if (file.size > maxBytes) {
    failed('It is larger than 256 MiB. Use dt-swarm checkpoint import FILE, which takes it from the disk.')
    return
  }
  const id = notifications.show({
    loading: true,
    title: `Taking over ${file.name}`,
    message: 'Checking every block and signature…',
    autoClose: false,
    withCloseButton: false,
  })
  try {
    const { root, added, known, refused } = await bridge.importCheckpoint(file)
    const refusals = Object.entries(refused)
    notifications.show({
      color: refusals.length === 0 ? 'green' : 'yellow',
      title: `${plural(added, 'new record')} from ${file.name}`,
      message: [
        `${formatCount(known)} were here already`,
        ...refusals.map(([reason, count]) => `${formatCount(count)} refused: ${reason.replaceAll('-', ' ')}`),
      ].join('; '),
      autoClose: 20_000,
    })
    go({ page: 'checkpoints', root })
  } catch (error) {
    const { code, message } = problemOf(error)
    failed(`${message} (${code})`)
  } finally {
    notifications.hide(id)
  }
}
