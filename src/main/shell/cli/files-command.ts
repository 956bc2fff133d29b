import { resolve } from 'node:path'
import { channelsOfShare } from '../../../shared/share-channels.ts'
import type { ShareView, TransferView } from '../../../shared/views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { filterOf, isFilter, type FilterArguments } from './file-filter.ts'
import type { Io, Output } from './io.ts'
import { waitForAll } from './transfer-wait.ts'
import { bytesText, printable, table, timeText } from './words.ts'

/** `dt-swarm files`: the swarm's shared files, those that are meant. */
export async function listFiles(endpoint: Endpoint, given: FilterArguments & Output, io: Io): Promise<void> {
  const shares = await withApi(endpoint, async (api) => api.files.list(await filterOf(api, given)))
  if (given.json) return io.out(JSON.stringify(shares, null, 2))
  if (given.atRisk !== undefined) return listAtRisk(shares, io)
  if (shares.length === 0) {
    return io.note(isFilter(given) ? 'no shared file matches' : 'nothing is shared yet: see "dt-swarm share --help"')
  }
  const rows = shares
    .toSorted((a, b) => recordedMs(b) - recordedMs(a))
    .map((share) => [
      share.name,
      bytesText(share.sizeBytes),
      timeText(recordedMs(share)),
      share.simulated ? `${share.originName} (simulated)` : share.originName,
      share.log?.format ?? '-',
      channelsOfShare(share).join(', ') || '-',
      share.kept ? 'kept' : share.local ? 'here' : '-',
      String(share.copies.length),
      share.cid,
    ])
  io.out(table(['NAME', 'SIZE', 'RECORDED', 'ROBOT', 'TYPE', 'CHANNEL', 'LOCAL', 'COPIES', 'CID'], rows))
}

/** Those that may be lost any moment first, and of these what can still be fetched. */
function listAtRisk(shares: readonly ShareView[], io: Io): void {
  if (shares.length === 0) return io.note('nothing is at risk')
  const order = ({ safety }: ShareView): number => (safety.risk === 'high' ? 0 : 2) + (safety.aliveCopies > 0 ? 0 : 1)
  const rows = shares
    .toSorted((a, b) => order(a) - order(b) || recordedMs(b) - recordedMs(a))
    .map(({ name, sizeBytes, safety, local, cid }) => [
      safety.risk,
      name,
      bytesText(sizeBytes),
      safety.why,
      local ? 'here' : '-',
      cid,
    ])
  io.out(table(['RISK', 'NAME', 'SIZE', 'WHY', 'LOCAL', 'CID'], rows))
  io.note('"dt-swarm rescue --all" fetches and keeps those at high risk')
}

/** When it was recorded, as far as it says so; else its last change. */
const recordedMs = ({ log, modifiedAtMs }: ShareView): number => log?.startMs ?? modifiedAtMs

export interface FetchAllOptions extends FilterArguments, Output {
  readonly store: boolean
  readonly wait: boolean
  /** A folder; default: the download folder of the peer. */
  readonly out?: string
}

/** `dt-swarm fetch --robot …`: all that match, see `fetchAll` of the contract; false when any could not be fetched. */
export async function fetchMatching(endpoint: Endpoint, options: FetchAllOptions, io: Io): Promise<boolean> {
  const { json, store, wait, out } = options
  return withApi(endpoint, async (api) => {
    const filter = await filterOf(api, options)
    const place = out === undefined ? 'downloads' : { folder: resolve(out) }
    const begun = await api.files.fetchAll({ ...filter, to: store ? 'store' : place })
    if (begun.length === 0 && !json)
      io.note('nothing to fetch: what matches is here, or nothing does; see "dt-swarm files"')
    const ended = wait ? await waitForAll(api, begun, io) : begun
    const local = wait
      ? new Set((await api.files.list(filter)).filter((share) => share.local).map(({ cid }) => cid))
      : null
    const isDone = ({ state, cid }: TransferView): boolean =>
      state === 'done' || (cid !== null && local?.has(cid) === true)
    if (json) io.out(JSON.stringify(ended, null, 2))
    else for (const view of ended) print(view, !wait || isDone(view), io)
    return !wait || ended.every(isDone)
  })
}

function print(view: TransferView, isWell: boolean, io: Io): void {
  // One that stands for more files than can wait: where all of them are, and how many.
  if (isWell && view.id === view.group?.id) io.note(printable(`${view.name}: ${view.step}`))
  if (isWell) io.out(printable(view.path ?? `${view.cid ?? ''} ${view.name}`.trim()))
  else io.note(`dt-swarm: ${printable(view.name)}: ${printable(view.error?.message ?? view.step)}`)
}

/** `dt-swarm fetch --follow …`: all that match, now and from now on, by itself. */
export async function followMatching(
  endpoint: Endpoint,
  given: FilterArguments & Output & { readonly out?: string },
  io: Io,
): Promise<void> {
  const follow = await withApi(endpoint, async (api) => {
    const { origin, search, topic } = await filterOf(api, given)
    return api.files.follow({
      ...(origin === undefined ? {} : { origin }),
      ...(search === undefined ? {} : { search }),
      ...(topic === undefined ? {} : { topic }),
      ...(given.out === undefined ? {} : { to: resolve(given.out) }),
    })
  })
  if (given.json) return io.out(JSON.stringify(follow, null, 2))
  io.out(follow.id)
  const place = follow.to === null ? 'the download folder' : printable(follow.to)
  io.note(`fetched into ${place} as soon as it is shared; "dt-swarm follows end ID" ends that`)
}

/** `dt-swarm follows [end ID]`. */
export async function showFollows(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const [follows, machines] = await withApi(endpoint, (api) => Promise.all([api.files.follows(), api.fleet.list()]))
  if (json) return io.out(JSON.stringify(follows, null, 2))
  if (follows.length === 0) return io.note('nothing is fetched by itself: see "dt-swarm fetch --follow --help"')
  const names = new Map<string, string>(machines.map(({ peer, name }) => [peer, name]))
  const rows = follows.map(({ id, origin, search, topic, sinceMs, fetched }) => [
    id,
    origin === null ? '-' : (names.get(origin) ?? origin),
    search ?? '-',
    topic ?? '-',
    timeText(sinceMs),
    String(fetched),
  ])
  io.out(table(['ID', 'ROBOT', 'SEARCH', 'TOPIC', 'SINCE', 'FETCHED'], rows))
}

/** Prints what has ended: its id, or all of it. */
export async function endFollow(id: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const ended = await withApi(endpoint, async (api) => {
    const follow = (await api.files.follows()).find((one) => one.id === id)
    await api.files.unfollow({ id })
    return follow
  })
  io.out(json ? JSON.stringify(ended ?? { id }, null, 2) : printable(id))
}
