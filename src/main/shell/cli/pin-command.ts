import type { Cid } from '../../../shared/ids.ts'
import type { PinServiceView, PinView } from '../../../shared/pinning-views.ts'
import { withApi } from './call.ts'
import { cidOf } from './cid-of.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { printable, table, timeText } from './words.ts'

/** `dt-swarm pin add --at SERVICE URI...`: asks for all; the first that is refused ends it. */
export async function addPins(
  uris: readonly string[],
  service: string,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const pins = await withApi(endpoint, async (api) => {
    const asked: PinView[] = []
    for (const uri of uris) asked.push(await api.pinning.add({ cid: await cidOf(api, uri), service }))
    return asked
  })
  if (json) return io.out(JSON.stringify(pins, null, 2))
  for (const { cid, name, state } of pins) io.out(printable(`${cid} ${name}: ${state}`))
}

/** `dt-swarm pin remove --at SERVICE URI...` */
export async function removePins(
  uris: readonly string[],
  service: string,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const cids = await withApi(endpoint, async (api) => {
    const removed: Cid[] = []
    for (const uri of uris) {
      const cid = await cidOf(api, uri)
      await api.pinning.remove({ cid, service })
      removed.push(cid)
    }
    return removed
  })
  io.out(json ? JSON.stringify(cids, null, 2) : cids.join('\n'))
}

/** `dt-swarm pin list` */
export async function listPins(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const pins = await withApi(endpoint, (api) => api.pinning.list({}))
  if (json) return io.out(JSON.stringify(pins, null, 2))
  if (pins.length === 0) return io.note('nothing is pinned elsewhere from here: see "dt-swarm pin --help"')
  const rows = pins.map(({ service, state, checkedAtMs, name, cid, problem, details }) => [
    service,
    state,
    timeText(checkedAtMs),
    name,
    problem ?? details ?? '-',
    cid,
  ])
  io.out(table(['AT', 'STATE', 'CHECKED', 'NAME', 'SAID', 'CID'], rows))
}

/** `dt-swarm pin services` */
export async function listServices(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const services = await withApi(endpoint, (api) => api.pinning.services())
  if (json) return io.out(JSON.stringify(services, null, 2))
  if (services.length === 0) return io.note('no pinning service is known: add one with "dt-swarm pin service NAME URL"')
  io.out(table(['NAME', 'ADDRESS', 'TOKEN', 'PINS', 'PROBLEM'], services.map(rowOf)))
}

/** `dt-swarm pin service NAME URL` */
export async function setService(
  name: string,
  url: string,
  endpoint: Endpoint,
  { json }: Output,
  io: Io,
): Promise<void> {
  const token = process.env['DT_SWARM_PIN_TOKEN']
  const service = await withApi(endpoint, (api) =>
    api.pinning.setService({ name, endpoint: url, ...(token === undefined || token === '' ? {} : { token }) }),
  )
  if (json) return io.out(JSON.stringify(service, null, 2))
  io.out(printable(`${service.name} ${service.endpoint}`))
  if (!service.hasToken)
    io.note('it is asked without a token: set DT_SWARM_PIN_TOKEN and do this again if it wants one')
}

/** `dt-swarm pin forget NAME` */
export async function forgetService(name: string, endpoint: Endpoint): Promise<void> {
  await withApi(endpoint, (api) => api.pinning.removeService({ name }))
}

const rowOf = ({ name, endpoint, hasToken, pins, problem }: PinServiceView) => [
  name,
  endpoint,
  hasToken ? 'yes' : 'none',
  String(pins),
  problem ?? '-',
]
