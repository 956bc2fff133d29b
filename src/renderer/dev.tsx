import { mount } from './mount.tsx'
import { oddMachines, oddShares, oddStatus, oddTransfers } from './testing/odd-swarm.ts'
import { createScriptedSwarm } from './testing/scripted.ts'
import { addCare } from './testing/scripted-care.ts'

/** The interface over a scripted swarm, to draw and measure pages: `dev.html?robots=1000&files=20000&kind=browser`, `dev.html?odd&robots=0`. Not built. */
const query = new URLSearchParams(window.location.search)
const swarm = createScriptedSwarm(
  Number(query.get('robots') ?? 8),
  query.get('kind') === 'browser' ? 'browser' : 'desktop',
  query.has('odd') || !query.has('files') ? undefined : Number(query.get('files')),
)
addCare(swarm, Date.now())
for (const call of query.getAll('fail'))
  swarm.failing.set(call, `${call} failed: the disk is read-only. Remount it and try again.`)
if (query.has('odd')) {
  const nowMs = Date.now()
  swarm.machines.put(...oddMachines(nowMs))
  swarm.shares.put(...oddShares(Number(query.get('files') ?? 300), nowMs))
  swarm.transfers.put(...oddTransfers(nowMs))
  for (const status of swarm.status.all()) swarm.status.put(oddStatus(status))
}
if (query.has('lost')) setTimeout(() => swarm.lose(), 1_500)
mount(swarm.bridge)
