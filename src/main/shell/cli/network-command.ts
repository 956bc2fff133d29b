import { SwarmError } from '../../../shared/errors.ts'
import type { ChannelView, RouteView } from '../../../shared/network-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { agoText, bytesText, table } from './words.ts'

/** `dt-swarm routes`: the table, what is looked at first first. */
export async function showRoutes(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  printRoutes(await withApi(endpoint, (api) => api.network.routes()), json, io)
}

/** `dt-swarm routes add PREFIX NEXT`. */
export async function setRoute(
  prefix: string,
  next: string,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  printRoutes(await withApi(endpoint, (api) => api.network.setRoute({ prefix, next })), json, io)
}

/** `dt-swarm routes remove PREFIX`. */
export async function removeRoute(prefix: string, endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  printRoutes(await withApi(endpoint, (api) => api.network.removeRoute({ prefix })), json, io)
}

function printRoutes(routes: readonly RouteView[], json: boolean, io: Io): void {
  if (json) return io.out(JSON.stringify(routes, null, 2))
  if (routes.length === 0) return io.note('no routes yet: peers are looked for on all channels')
  const now = Date.now()
  const rows = routes.map(({ prefix, next, source, hops, usedAtMs }) => [
    source,
    hops === null ? '-' : String(hops),
    usedAtMs === null ? '-' : agoText(usedAtMs, now),
    `${prefix} => ${next}`,
  ])
  io.out(table(['SOURCE', 'HOPS', 'USED', 'ROUTE'], rows))
}

/** `dt-swarm channels add|on|off|remove ADDRESS`. */
export async function changeChannel(
  change: 'add' | 'on' | 'off' | 'remove',
  text: string,
  endpoint: Endpoint,
  { json, listen }: Output & { readonly listen: boolean },
  io: Io,
): Promise<void> {
  const channels = await withApi(endpoint, async (api) => {
    if (change === 'add') {
      return api.network.setChannel({ address: text, mode: listen ? 'listen' : 'dial', enabled: true })
    }
    const known = await api.network.channels()
    const { id, address, mode } = meant(known, text, listen)
    if (change === 'remove') return api.network.removeChannel({ id })
    return api.network.setChannel({ address, mode, enabled: change === 'on' })
  })
  printChannels(channels, json, io)
}

/** The channel that a person means: by its id, its address, or its kind when there is one of it. */
function meant(channels: readonly ChannelView[], text: string, listen: boolean): ChannelView {
  const listened = channels.filter(({ mode }) => !listen || mode === 'listen')
  const found =
    listened.find(({ id }) => id === text) ??
    listened.find(({ address }) => address === text) ??
    only(listened.filter(({ kind }) => kind === text))
  if (found !== undefined) return found
  throw new SwarmError(
    'NOT_FOUND',
    `there is no channel "${text}": they are ${channels.map(({ id }) => id).join(', ')}`,
  )
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined
}

export function printChannels(channels: readonly ChannelView[], json: boolean, io: Io): void {
  if (json) return io.out(JSON.stringify(channels, null, 2))
  const rows = channels.map(({ id, kind, state, stateReason, sent, received, dropped, peers }) => [
    kind,
    state,
    `${sent.messages} (${bytesText(sent.bytes)})`,
    `${received.messages} (${bytesText(received.bytes)})`,
    dropsText(dropped),
    String(peers.length),
    id,
    stateReason,
  ])
  io.out(table(['KIND', 'STATE', 'SENT', 'RECEIVED', 'DROPPED', 'PEERS', 'ADDRESS', 'WHY'], rows))
}

function dropsText(dropped: ChannelView['dropped']): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`)
  return reasons.length === 0 ? '-' : reasons.join(', ')
}
