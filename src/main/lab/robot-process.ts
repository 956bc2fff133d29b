import { join } from 'node:path'
import { SwarmError } from '../../shared/errors.ts'
import { systemClock } from '../base/clock.ts'
import { createLog, type Log } from '../base/log.ts'
import { createPeer, type Peer } from '../peer.ts'
import { readLink, swarmOfInvite } from '../service/trust/join-swarm.ts'
import { openIdentity } from '../store/identity-store.ts'
import { changeSwarm } from '../store/swarm-change.ts'
import { readSwarm } from '../store/swarm-file.ts'
import { kindOf } from './kinds.ts'
import { recordingPrefix } from './drive-log.ts'
import { RobotBody } from './robot-body.ts'
import { labWishSchema, robotOrderSchema, type RobotNews, type RobotOrder } from './robot-messages.ts'

const dayMs = 24 * 60 * 60_000

/**
 * One simulated robot: a real peer with a simulated body, in a process of its own. The lab starts it with its order
 * as argument. It ends when it is told to, or when the lab is gone, however that died: then the channel closes.
 */
async function main(): Promise<void> {
  const order = robotOrderSchema.parse(JSON.parse(process.argv[2] ?? 'null'))
  const ended = untilEnded()
  const { peer, body } = await begin(order)
  // The lab may die while we start; nobody would then ever stop us.
  const addresses = [...peer.node.addresses()]
  if (process.connected) tell({ type: 'ready', peer: peer.peerId, addresses, invite: inviteOf(peer) })
  await ended
  // A disk that hangs must not keep a robot alive that nobody knows of.
  setTimeout(() => process.exit(1), 10_000).unref()
  await body.stop()
  await peer.stop()
  process.exit(0)
}

async function begin(order: RobotOrder) {
  const { name, home, seed, bootstrap, pace } = order
  const kind = kindOf(order.kind)
  const log = createLog('warn')
  const shareDir = join(home, 'shared-logs')
  if (order.join !== null) follow(home, order.join, log)
  const body = new RobotBody({ clock: systemClock, log }, { name, kind, seed, shareDir, pace })
  const peer = await createPeer({
    home,
    version: order.version,
    log,
    settings: {
      name,
      role: 'robot',
      shareDir,
      downloadDir: join(home, 'downloads'),
      // Loopback only: a lab is a demonstration, and must not join somebody's real swarm.
      listen: ['/ip4/127.0.0.1/tcp/0'],
      bootstrap,
      mdns: false,
      // What it records, and what its computer says; robots of a lab are killed all the time, which is no fault of theirs.
      recorder: {
        on: true,
        minutes: 2,
        paths: [`${recordingPrefix}*.mcap`, '*.mcap', '*.log'].map((name) => join(shareDir, name)),
        faults: ['power', 'throttled', 'temperature'],
      },
    },
    ...(order.join === null ? {} : { join: order.join }),
    sampler: body,
    robot: kind.facts,
    simulated: true,
    diagnostics: { sampleEveryMs: order.sampleEveryMs, publishEveryMs: order.speakEveryMs },
    membership: { speakEveryMs: order.speakEveryMs },
  })
  await body.start()
  await peer.start()
  return { peer, body }
}

/** A robot of a lab is in the swarm of whoever runs the lab now; what it was in before is left. */
function follow(home: string, link: string, log: Log): void {
  const before = readSwarm(home)
  const invite = readLink(link, 0)
  if (before === undefined || before.anchor.swarm === invite.swarm) return
  const { peerId } = openIdentity({ home })
  changeSwarm(home, swarmOfInvite(invite, { peerId, role: 'robot', nowMs: systemClock.now() }), {
    clock: systemClock,
    log,
  })
}

/** In a lab without anybody else the first robot founds the swarm, and lets the others in. */
function inviteOf(peer: Peer): string | null {
  if (peer.book.trust().of(peer.peerId).standing !== 'root') return null
  for (const { id } of peer.trust.invites()) peer.trust.withdrawInvite(id)
  return peer.trust.invite({ role: 'robot', uses: 64, validForMs: dayMs }).link
}

function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    process.on('disconnect', resolve)
    process.on('SIGTERM', resolve)
    // A terminal's ^C reaches the whole group; the lab decides the order in which its robots stop.
    process.on('SIGINT', () => {})
    process.on('message', (message) => {
      if (labWishSchema.safeParse(message).success) resolve()
    })
  })
}

function tell(news: RobotNews): void {
  process.send?.(news)
}

main().catch((error: unknown) => {
  const code = error instanceof SwarmError ? error.code : 'INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  if (process.connected) process.send?.({ type: 'failed', code, message } satisfies RobotNews, () => process.exit(1))
  else process.exit(1)
})
