import type { FoundView } from '../../../shared/file-views.ts'
import type { Cid } from '../../../shared/ids.ts'
import type { LogInfo } from '../../../shared/log-views.ts'
import { channelsOfShare } from '../../../shared/share-channels.ts'
import type { ShareView } from '../../../shared/views.ts'
import { SwarmError } from '../../../shared/errors.ts'
import { parseUri, uriOf } from '../../service/files/uri.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { bytesText, printable, table, timeText } from './words.ts'

/** `dt-swarm find URI`: who has it; false when nobody does. */
export async function findFile(
  uri: string,
  endpoint: Endpoint,
  { json, channel }: Output & { readonly channel: string | undefined },
  io: Io,
): Promise<boolean> {
  parseUri(uri)
  const found = await withApi(endpoint, (api) => api.files.find({ uri, ...(channel === undefined ? {} : { channel }) }))
  const isThere = found.local || found.providers.length > 0
  if (json) io.out(JSON.stringify(found, null, 2))
  else if (found.cid === null || !isThere) io.note(`nobody is known to have ${printable(found.uri)}`)
  else {
    io.out(printable(uriOf(found.cid as Cid, found.name)))
    const here = found.local ? [['this peer', 'yes', 'it is here', '-']] : []
    const others = found.providers.map(({ peer, name, alive, how }) => [
      name,
      alive ? 'yes' : 'not now',
      how === 'answer' ? 'it said so just now' : 'a record says so',
      peer,
    ])
    io.out(table(['HOLDER', 'REACHABLE', 'HOW KNOWN', 'PEER'], [...here, ...others]))
  }
  return isThere
}

/** `dt-swarm info URI`: what is known of it. @throws SwarmError NOT_FOUND */
export async function fileInfo(uri: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  parseUri(uri)
  const [found, share] = await withApi(endpoint, async (api) => {
    const one = await api.files.find({ uri })
    const all = one.cid === null ? [] : await api.files.list({ search: one.cid })
    return [one, all.find(({ cid }) => cid === one.cid) ?? null] as const
  })
  if (found.cid === null || (share === null && !found.local && found.providers.length === 0)) {
    throw new SwarmError(
      'NOT_FOUND',
      `nothing is known of ${found.uri}: no record names it, and nobody who was asked has it`,
    )
  }
  if (json) return io.out(JSON.stringify({ ...found, share }, null, 2))
  for (const [label, value] of factsOf(found, share)) io.out(printable(`${`${label}:`.padEnd(12)} ${value}`))
  if (share?.log !== null && share !== null) printLog(share.log, io)
}

function factsOf(found: FoundView, share: ShareView | null): readonly (readonly [string, string])[] {
  const holders = [...(found.local ? ['this peer'] : []), ...found.providers.map(({ name }) => name)]
  return [
    ['Name', found.name ?? '-'],
    ['Size', found.sizeBytes === null ? '-' : `${bytesText(found.sizeBytes)} (${found.sizeBytes} bytes)`],
    ['URI', uriOf(found.cid as Cid, found.name)],
    ['SHA-1', found.sha1 ?? '-'],
    ...(share === null
      ? []
      : ([
          ['Robot', share.simulated ? `${share.originName} (simulated)` : share.originName],
          ['Changed', timeText(share.modifiedAtMs)],
          ['Shared', timeText(share.sharedAtMs)],
          ['Channel', channelsOfShare(share).join(', ') || 'the whole swarm'],
        ] as const)),
    ['Held by', holders.length === 0 ? 'nobody that can be reached' : holders.join(', ')],
  ]
}

function printLog(log: LogInfo, io: Io): void {
  const span =
    log.startMs === null || log.endMs === null
      ? []
      : [['Recorded', `${timeText(log.startMs)} to ${timeText(log.endMs)} (${spanText(log.endMs - log.startMs)})`]]
  const facts: readonly (readonly string[])[] = [
    ['Type', log.format],
    ...span,
    ...(log.messages === null ? [] : [['Messages', String(log.messages)]]),
    ...(log.problem === null ? [] : [['Problem', log.problem]]),
    ...log.facts,
  ]
  for (const [label = '', value = ''] of facts) io.out(printable(`${`${label}:`.padEnd(12)} ${value}`))
  if (log.topics.length === 0) return
  const rows = log.topics.map(({ name, type, count }) => [name, type, count === null ? '-' : String(count)])
  io.out(`\n${table(['TOPIC', 'TYPE', 'MESSAGES'], rows)}`)
  if (log.moreTopics > 0) io.out(`and ${log.moreTopics} more topics`)
}

function spanText(ms: number): string {
  const s = Math.max(0, ms) / 1_000
  if (s < 120) return `${s.toFixed(1)} s`
  return s < 7_200 ? `${(s / 60).toFixed(1)} min` : `${(s / 3_600).toFixed(1)} h`
}
