import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { agoText, bytesText, printable, table } from './words.ts'

/** `dt-swarm summary`: the swarm's state on one screen. */
export async function swarmSummary(endpoint: Endpoint, { json }: { readonly json: boolean }, io: Io): Promise<void> {
  const facts = await withApi(endpoint, async (api) => {
    const [info, status, trust, machines, buckets, checkpoints] = await Promise.all([
      api.system.info(),
      api.system.status(),
      api.trust.get(),
      api.fleet.list(),
      api.records.summary(),
      api.checkpoints.list(),
    ])
    return { info, status, trust, machines, buckets, checkpoints }
  })
  if (json) return io.out(JSON.stringify(facts, null, 2))
  const { info, status, trust, machines, buckets, checkpoints } = facts
  const now = status.atMs
  const { root } = trust
  const count = (wanted: string): number => machines.filter(({ status: one }) => one === wanted).length
  const strangers = machines.filter(({ standing }) => standing === 'stranger').length
  const [newest] = checkpoints
  const lines: readonly (readonly [string, string])[] = [
    ['swarm', `${trust.swarm.name} (${trust.swarm.fingerprint})${trust.swarm.private ? ', private' : ''}`],
    [
      'this peer',
      `${info.name}, ${trust.self.standing}${trust.self.roles.length === 0 ? '' : `: ${trust.self.roles.join(', ')}`}`,
    ],
    [
      'root',
      root === null
        ? 'not here yet'
        : `version ${root.version}, ${root.threshold} of ${root.keys.length} keys: ${root.keys.map(({ name, peer }) => name ?? peer.slice(-8)).join(', ')}`,
    ],
    ['trust', `${trust.members.length} members, ${trust.asks.length} asking, ${trust.proposals.length} proposals open`],
    [
      'machines',
      `${machines.length}: ${count('alive')} alive, ${count('suspect')} suspect, ${count('gone')} gone; ${strangers} strangers`,
    ],
    ['links', String(status.links)],
    [
      'checkpoint',
      newest === undefined
        ? 'none yet'
        : `${agoText(newest.atMs, now)}, ${newest.records} records, ${bytesText(newest.bytes)}, signed by ${newest.signers.length}`,
    ],
    ['catching up', `${status.catchUp.phase}: ${status.catchUp.reason}`],
    ...[...status.warnings, ...trust.problems].map(({ message }) => ['warning', message] as const),
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  io.out(lines.map(([name, text]) => `${`${name}:`.padEnd(width)}${printable(text)}`).join('\n'))
  const rows = buckets
    .filter(({ records }) => records > 0)
    .map(({ bucket, records, bytes, fingerprint }) => [bucket, String(records), bytesText(bytes), fingerprint])
  io.out(`\n${table(['BUCKET', 'RECORDS', 'SIZE', 'FINGERPRINT'], rows)}`)
}
