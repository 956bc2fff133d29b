import type { TransferView } from '../../../shared/views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import type { ApiClient } from '../../../shared/contract/contract.ts'
import { parseUri } from '../../service/files/uri.ts'
import { withApi } from './call.ts'
import { cidOf } from './cid-of.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { bytesText, printable, table } from './words.ts'

/** `dt-swarm transfers`: under way and lately ended. */
export async function showTransfers(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  printTransfers(await withApi(endpoint, (api) => api.files.transfers()), json, io)
}

export type TransferChange = 'pause' | 'resume' | 'cancel' | TransferView['priority']

/** `dt-swarm transfers pause|resume|cancel|priority ID`: ids may be cut, as long as they mean one. */
export async function changeTransfers(
  change: TransferChange,
  ids: readonly string[],
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const changed = await withApi(endpoint, async (api) => {
    const all = await api.files.transfers()
    const meant = ids.map((text) => transferOf(all, text).id)
    return Promise.all(meant.map((id) => changeOne(api, id, change)))
  })
  printTransfers(changed, json, io)
}

function changeOne(api: ApiClient, id: string, change: TransferChange): Promise<TransferView> {
  switch (change) {
    case 'pause':
      return api.files.pause({ id })
    case 'resume':
      return api.files.resume({ id })
    case 'cancel':
      return api.files.cancel({ id })
    case 'high':
    case 'normal':
    case 'low':
      return api.files.setPriority({ id, priority: change })
  }
}

function transferOf(all: readonly TransferView[], text: string): TransferView {
  const meant = all.filter(({ id }) => id === text || (text.length >= 4 && id.startsWith(text)))
  const [found, ...others] = meant
  if (found === undefined) throw new SwarmError('NOT_FOUND', `no transfer "${text}" is known: see "dt-swarm transfers"`)
  if (others.length > 0) throw new SwarmError('INVALID_INPUT', `"${text}" begins ${meant.length} ids: say more of it`)
  return found
}

function printTransfers(transfers: readonly TransferView[], json: boolean, io: Io): void {
  if (json) return io.out(JSON.stringify(transfers, null, 2))
  if (transfers.length === 0) return io.note('nothing is on its way, and nothing was lately')
  const rows = transfers.map((view) => [
    view.id,
    view.kind,
    view.state,
    view.priority,
    view.sizeBytes === null
      ? bytesText(view.doneBytes)
      : `${bytesText(view.doneBytes)} of ${bytesText(view.sizeBytes)}`,
    view.name,
    view.error?.message ?? view.step,
  ])
  io.out(table(['ID', 'KIND', 'STATE', 'PRIORITY', 'BYTES', 'NAME', 'STEP'], rows))
}

/** `dt-swarm unshare URI...`, `dt-swarm keep URI...`. */
export async function changeFiles(
  change: 'unshare' | 'keep' | 'keep-no-longer',
  texts: readonly string[],
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  texts.forEach(parseUri)
  const done: string[] = []
  await withApi(endpoint, async (api) => {
    for (const text of texts) {
      const cid = await cidOf(api, text)
      if (change === 'unshare') await api.files.unshare({ cid })
      else await api.files.keep({ cid, kept: change === 'keep' })
      done.push(cid)
      if (!json) io.out(printable(cid))
    }
  })
  if (json) io.out(JSON.stringify(done, null, 2))
}
