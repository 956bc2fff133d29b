import type { AskView, InviteView, MemberView, SwarmView, TrustView } from '../../shared/trust-views.ts'
import { fakePeer, fakeRecord } from './fake-ids.ts'

export const fakeSwarmView: SwarmView = {
  id: fakeRecord(9_000),
  name: 'duckietown-lab',
  fingerprint: 'k3vq 7mzt c2ha xw5e',
  private: false,
}

/** Another swarm, as an invite speaks of it. */
export const otherSwarmView: SwarmView = {
  id: fakeRecord(9_001),
  name: 'second-floor',
  fingerprint: 'p4dd u6yn 3rjs b7oq',
  private: true,
}

export function fakeMember(index: number, nowMs: number, change: Partial<MemberView> = {}): MemberView {
  return {
    peer: fakePeer(index),
    name: `duckie${String(index).padStart(2, '0')}`,
    fingerprint: fingerprintOf(fakePeer(index)),
    standing: 'member',
    roles: ['robot'],
    reason: 'granted robot by lab-laptop (root key)',
    recordId: fakeRecord(7_000 + index),
    sinceMs: nowMs - 3 * 86_400_000,
    expiresAtMs: nowMs + 363 * 86_400_000,
    ...change,
  }
}

export function fakeAsk(index: number, nowMs: number, change: Partial<AskView> = {}): AskView {
  return {
    peer: fakePeer(index),
    name: `duckie${String(index).padStart(2, '0')}`,
    fingerprint: fingerprintOf(fakePeer(index)),
    role: 'robot',
    simulated: false,
    askedAtMs: nowMs - 95_000,
    invite: null,
    ...change,
  }
}

/** The end of a peer id in groups of four, as a machine shows it. */
export function fingerprintOf(peer: string): string {
  return peer.slice(-16).match(/.{4}/g)?.join(' ') ?? peer
}

export function fakeInvite(index: number, nowMs: number, change: Partial<InviteView> = {}): InviteView {
  return {
    id: `invite${index}`,
    link: `dt-swarm://join/uqFkbm9tZWFuaW5nLWhlcmUtYnV0LWFzLWxvbmctYXMtYS1yZWFsLW9uZQ${index}`,
    qr: fakeQr(),
    role: 'robot',
    usesLeft: 4,
    createdAtMs: nowMs - 600_000,
    expiresAtMs: nowMs + 85_000_000,
    private: false,
    ...change,
  }
}

/** Squares that look like a code and say nothing. */
function fakeQr(): string {
  const squares = Array.from({ length: 29 * 29 }, (_, i) => i)
    .filter((i) => (i * 2_654_435_761) % 97 < 46)
    .map((i) => `<path d="M${i % 29} ${Math.floor(i / 29)}h1v1h-1z"/>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 33 33"><path fill="#fff" d="M-2-2h33v33h-33z"/>${squares.join('')}</svg>`
}

export function fakeTrust(nowMs: number, change: Partial<TrustView> = {}): TrustView {
  return {
    swarm: fakeSwarmView,
    self: { standing: 'root', roles: ['operator', 'release'], reason: 'one of the root keys' },
    root: {
      version: 1,
      threshold: 1,
      keys: [{ peer: fakePeer(1_000), name: 'lab-laptop' }],
      expiresAtMs: nowMs + 360 * 86_400_000,
      recordId: fakeSwarmView.id,
    },
    members: [
      fakeMember(1_000, nowMs, {
        name: 'lab-laptop',
        standing: 'root',
        roles: ['operator', 'release'],
        reason: 'one of the root keys',
        recordId: fakeSwarmView.id,
      }),
    ],
    asks: [],
    proposals: [],
    policies: [
      {
        bucket: 'machines',
        rule: 'each machine for itself; counts at once; lives 15 min at most',
        own: false,
      },
      {
        bucket: 'files',
        rule: 'operator, release, robot or server may author; counts at once; lives 366 d at most',
        own: false,
      },
      {
        bucket: 'releases',
        rule: 'release may author; counts once 2 operators endorsed it; lives 366 d at most',
        own: true,
      },
      { bucket: 'trust', rule: 'root keys and operators; counts by its own rules', own: false },
    ],
    problems: [],
    ...change,
  }
}
