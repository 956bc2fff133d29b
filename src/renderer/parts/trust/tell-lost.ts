import { notifications } from '@mantine/notifications'
import type { TrustChangedView } from '../../../shared/trust-views.ts'
import { plural } from '../../format.ts'

/** So many are named; the rest is counted. */
const named = 5

/** What hung on a key and could not be kept: it stays on the screen until somebody has read it. */
export function tellLost({ lost = [] }: TrustChangedView): void {
  if (lost.length === 0) return
  const more = lost.length > named ? `; and ${lost.length - named} more` : ''
  notifications.show({
    title: `${plural(lost.length, 'word')} of trust could not be kept`,
    message: `It takes signatures that this peer cannot give. Once the change counts, this does not: ${lost.slice(0, named).join('; ')}${more}.`,
    color: 'yellow',
    autoClose: false,
  })
}
