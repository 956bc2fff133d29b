import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io, Output } from './io.ts'
import { agoText, table } from './words.ts'

/** `dt-swarm peers`: every machine that the peer knows. */
export async function listPeers(endpoint: Endpoint, { json }: Output, io: Io): Promise<void> {
  const machines = await withApi(endpoint, (api) => api.fleet.list())
  if (json) return io.out(JSON.stringify(machines, null, 2))
  const now = Date.now()
  const rows = machines
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((machine) => [
      machine.simulated ? `${machine.name} (simulated)` : machine.self ? `${machine.name} (this peer)` : machine.name,
      machine.status,
      machine.role ?? '-',
      machine.robot?.configuration ?? '-',
      machine.version ?? '-',
      machine.self ? '-' : agoText(machine.lastHeardAtMs, now),
      machine.peer,
    ])
  io.out(table(['NAME', 'STATUS', 'ROLE', 'TYPE', 'VERSION', 'HEARD', 'PEER'], rows))
}
