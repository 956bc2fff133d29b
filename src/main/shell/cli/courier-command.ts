import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import type { CourierView } from '../../../shared/courier-views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { parseUri } from '../../service/files/uri.ts'
import { withApi } from './call.ts'
import { cidOf } from './cid-of.ts'
import type { Endpoint } from './endpoint.ts'
import { filterOf, type FilterArguments } from './file-filter.ts'
import type { Io, Output } from './io.ts'
import { bytesText, printable } from './words.ts'

/** `dt-swarm courier export DIR`: false when something was left out or it failed. */
export async function exportTo(
  dir: string,
  names: readonly string[],
  endpoint: Endpoint,
  options: FilterArguments & Output & { readonly files: boolean; readonly records: boolean },
  io: Io,
): Promise<boolean> {
  // What is none is said before a daemon is looked for.
  names.forEach(parseUri)
  return follow(endpoint, options, io, async (api) => {
    const cids = await Promise.all(names.map((name) => cidOf(api, name)))
    return api.courier.export({
      dir: resolve(dir),
      query: options.files ? await filterOf(api, options) : null,
      records: options.records,
      ...(cids.length === 0 ? {} : { cids }),
    })
  })
}

/** `dt-swarm courier import DIR`: false when something was left out or it failed. */
export async function importFrom(dir: string, endpoint: Endpoint, options: Output, io: Io): Promise<boolean> {
  return follow(endpoint, options, io, (api) => api.courier.import({ dir: resolve(dir) }))
}

async function follow(
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
  begin: (api: ApiClient) => Promise<CourierView | null>,
): Promise<boolean> {
  const ended = await withApi(endpoint, async (api) => {
    let view = await begin(api)
    while (view?.state === 'running') {
      io.progress(
        `${printable(view.step)}: ${view.doneFiles} of ${view.files} files, ${bytesText(view.doneBytes)} of ${bytesText(view.bytes)}`,
      )
      await setTimeout(200)
      view = await api.courier.status()
    }
    return view
  })
  if (ended === null)
    throw new SwarmError('NOT_FOUND', 'the peer was started anew meanwhile: do it again, it goes on where it ended')
  if (json) io.out(JSON.stringify(ended, null, 2))
  else tell(ended, io)
  return ended.state === 'done' && ended.leftOutFiles === 0
}

function tell(
  { kind, doneFiles, doneBytes, knownFiles, leftOut, leftOutFiles, records, state, step, error }: CourierView,
  io: Io,
): void {
  // Where nothing was begun there is nothing to count.
  if (error !== null && doneFiles === 0 && records === null) return io.note(`dt-swarm: ${printable(error.message)}`)
  const known = knownFiles === 0 ? '' : `, ${knownFiles} there already`
  io.out(`${doneFiles} files ${kind === 'export' ? 'written' : 'taken in'} (${bytesText(doneBytes)})${known}`)
  if (records !== null) {
    const refused = Object.entries(records.refused).map(([reason, count]) => `, ${count} refused (${reason})`)
    io.out(`${records.added} records new, ${records.known} known${refused.join('')}`)
  }
  for (const { name, why } of leftOut) io.note(`dt-swarm: ${printable(`left out "${name}": ${why}`)}`)
  if (leftOutFiles > leftOut.length) io.note(`dt-swarm: and ${leftOutFiles - leftOut.length} more were left out`)
  if (state !== 'done') io.note(`dt-swarm: ${printable(error?.message ?? step)}`)
}
