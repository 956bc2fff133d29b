import { useState } from 'react'
import { JoinDialog } from './JoinDialog.tsx'

/** The link that this window was opened with: `?join=dt-swarm://join/…`, from a click on it or a scanned code. */
function linkOf(search: string): string | null {
  const link = new URLSearchParams(search).get('join')
  return link === null || link === '' ? null : link.slice(0, 4_096)
}

/** The dialog of that link. It is taken out of the address, so that a reload does not ask again. */
export function JoinFromLink() {
  const [link, setLink] = useState(() => linkOf(window.location.search))
  if (link === null) return null
  const close = (): void => {
    const url = new URL(window.location.href)
    url.searchParams.delete('join')
    window.history.replaceState(null, '', url)
    setLink(null)
  }
  return <JoinDialog link={link} onClose={close} />
}
