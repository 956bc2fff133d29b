import type { Bandwidth, StorageView } from '../../../shared/file-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { bytesText, printable } from './words.ts'

/** `dt-swarm storage`: how the bytes are kept here; false when the store cannot be used. */
export async function showStorage(endpoint: Endpoint, { json }: { readonly json: boolean }, io: Io): Promise<boolean> {
  const view = await withApi(endpoint, (api) => api.files.storage())
  io.out(json ? JSON.stringify(view, null, 2) : storageText(view))
  return view.problem === null
}

/** A line for each thing that is known; those that are not known, or not so, are left out. */
export function storageText(view: StorageView): string {
  const { store, problem, moving, version, usedBytes, quotaBytes, keptFiles, keptBytes, freeBytes, bandwidth } = view
  const quota = quotaBytes === null ? 'none: copies stay while the disk has room' : bytesText(quotaBytes)
  const lines: (readonly [string, string])[] = [
    [
      'store',
      store.kind === 'embedded' ? "the peer's own" : `Kubo ${version ?? ''} at ${store.url}`.replace('  ', ' '),
    ],
    ['used', bytesText(usedBytes)],
    ['kept', `${keptFiles} files (${bytesText(keptBytes)}): shared, kept or on their way`],
    ['quota of copies', quota],
    ['free', freeBytes === null ? 'not known' : bytesText(freeBytes)],
    ['bandwidth', bandwidthText(bandwidth)],
  ]
  if (moving !== null && moving !== undefined) {
    const { doneFiles, files, doneBytes, bytes } = moving
    lines.push(['moving here', `${doneFiles} of ${files} files, ${bytesText(doneBytes)} of ${bytesText(bytes)}`])
  }
  if (problem !== null) lines.push(['problem', problem])
  return lines.map(([name, value]) => `${name.padEnd(17)}${printable(value)}`).join('\n')
}

function bandwidthText({ downBytesPerS, upBytesPerS }: Bandwidth): string {
  const rate = (bytesPerS: number | null): string => (bytesPerS === null ? 'no limit' : `${bytesText(bytesPerS)}/s`)
  return `down ${rate(downBytesPerS)}, up ${rate(upBytesPerS)}`
}
