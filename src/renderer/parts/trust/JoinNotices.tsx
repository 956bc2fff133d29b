import { notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { go } from '../../route.ts'
import { useStores } from '../../state/context.ts'

/** Says on every page that this peer has changed to another swarm, and begins at its fleet. */
export function JoinNotices() {
  const { joining } = useStores()
  useEffect(
    () =>
      joining.store.subscribe((after) => {
        if (after.phase !== 'joined') return
        notifications.show({
          color: 'green',
          title: `This peer is in ${after.name} now`,
          message: 'Its machines appear as they are heard.',
          autoClose: 12_000,
        })
        joining.forget()
        go({ page: 'fleet' })
      }),
    [joining],
  )
  return null
}
