import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { SwarmError } from '../../../shared/errors.ts'
import type { InfoView } from '../../../shared/views.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { createLog } from '../../base/log.ts'
import { fingerprintWords } from '../../model/trust-words.ts'
import { openSettings } from '../../peer-settings.ts'
import { readLink, swarmOfInvite } from '../../service/trust/join-swarm.ts'
import { openIdentity } from '../../store/identity-store.ts'
import { changeSwarm } from '../../store/swarm-change.ts'
import { networkKeyBytes, type SwarmFile } from '../../store/swarm-file.ts'
import { foundSwarm } from '../../store/swarm-store.ts'
import { withApi } from './call.ts'
import { findDaemon } from './daemon-file.ts'
import { localEndpoint } from './endpoint.ts'
import type { Io } from './io.ts'
import { printable } from './words.ts'

/** A peer stops and another starts within a second or two; a slow card needs longer. */
const changeWithinMs = 60_000

/**
 * `dt-swarm join LINK`: through the daemon of the home where one runs, else in the home itself.
 * @throws SwarmError BAD_INVITE, NO_DAEMON, HOME_IN_USE, TIMEOUT
 */
export async function joinSwarm(
  link: string,
  { home, json }: { readonly home: string; readonly json: boolean },
  io: Io,
): Promise<void> {
  if (findDaemon(home) === null) {
    const invite = readLink(link, Date.now())
    const peerId = openIdentity({ home }).peerId
    const role = openSettings(basics(), { home, overrides: {} }).get().role
    const before = move(home, swarmOfInvite(invite, { peerId, role, nowMs: Date.now() }))
    return tell(
      { name: invite.name, id: invite.swarm, fingerprint: fingerprintWords(peerId), admittedAs: null },
      before,
      json,
      io,
    )
  }
  const endpoint = localEndpoint(home)
  const { before, preview } = await withApi(endpoint, async (api) => ({
    before: await api.system.info(),
    preview: await api.trust.join({ link }),
  }))
  const info =
    preview.current && before.standing !== 'stranger' ? before : await changed(home, before, preview.swarm.id)
  const { name, id } = info.swarm
  const left = preview.current ? null : before.swarm.name
  tell(
    { name, id, fingerprint: info.fingerprint, admittedAs: info.standing === 'member' ? info.roles : null },
    left,
    json,
    io,
  )
}

/** `dt-swarm found NAME`: a new swarm with this peer as its root. @throws SwarmError HOME_IN_USE */
export function foundNewSwarm(
  name: string,
  { home, isPrivate, json }: { readonly home: string; readonly isPrivate: boolean; readonly json: boolean },
  io: Io,
): void {
  const identity = openIdentity({ home })
  const networkKey = isPrivate ? Uint8Array.from(randomBytes(networkKeyBytes)) : null
  const file = foundSwarm({ identity, clock: systemClock }, { name: name.trim(), networkKey })
  const before = move(home, file)
  const { swarm: id } = file.anchor
  if (json) return io.out(JSON.stringify({ swarm: { id, name: file.name, private: isPrivate }, left: before }, null, 2))
  const left = before === null ? '' : `; "${before}" was left`
  io.out(
    printable(
      `founded ${isPrivate ? 'the private swarm' : 'the swarm'} "${file.name}" (${fingerprintWords(id)})${left}`,
    ),
  )
}

/** @returns the name of the swarm that was left */
function move(home: string, next: SwarmFile): string | null {
  const { before } = changeSwarm(home, next, basics())
  return before === undefined || before.anchor.swarm === next.anchor.swarm ? null : before.name
}

function basics() {
  return { clock: systemClock, counters: new Counters(), log: createLog('warn') }
}

function tell(
  joined: { name: string; id: string; fingerprint: string; admittedAs: readonly string[] | null },
  left: string | null,
  json: boolean,
  io: Io,
): void {
  const { name, id, fingerprint, admittedAs } = joined
  if (json) return io.out(JSON.stringify({ swarm: { id, name }, fingerprint, admittedAs, left }, null, 2))
  io.out(printable(`joined "${name}" (${fingerprintWords(id)})${left === null ? '' : `; "${left}" was left`}`))
  if (admittedAs !== null) return io.out(`admitted as ${admittedAs.join(', ')}`)
  io.out(`until it is admitted this peer is a stranger there; its fingerprint: ${fingerprint}`)
}

/** Waits for the peer that comes after the change, and a moment for its being admitted. */
async function changed(home: string, before: InfoView, swarm: string): Promise<InfoView> {
  const deadline = Date.now() + changeWithinMs
  let admittedBy = Number.POSITIVE_INFINITY
  for (;;) {
    await setTimeout(250)
    const info = await ask(home)
    if (info !== null && info.startedAtMs !== before.startedAtMs) {
      if (info.swarm.id !== swarm) throw new SwarmError('INTERNAL', `the swarm was not joined: ${await whyNot(home)}`)
      admittedBy = Math.min(admittedBy, Date.now() + 3_000)
      if (info.standing !== 'stranger' || Date.now() > admittedBy) return info
    }
    if (Date.now() > deadline)
      throw new SwarmError('TIMEOUT', 'the daemon did not come up in the other swarm within a minute: see its log')
  }
}

async function ask(home: string): Promise<InfoView | null> {
  try {
    return await withApi(localEndpoint(home), (api) => api.system.info())
  } catch {
    // Between two peers nobody answers.
    return null
  }
}

async function whyNot(home: string): Promise<string> {
  const { warnings } = await withApi(localEndpoint(home), (api) => api.system.status())
  return warnings.find(({ code }) => code === 'JOIN_FAILED')?.message ?? 'see the log of the daemon'
}
