import type { ChannelView, GraphView, RouteView, SwarmMessageView } from '../../shared/network-views.ts'
import type { MachineView } from '../../shared/views.ts'
import { fakePeer, fakeRecord } from './fake-ids.ts'

const traffic = { messages: 18_204, bytes: 9_120_400, messagesPerS: 4.2, bytesPerS: 1_910 }
const silence = { messages: 0, bytes: 0, messagesPerS: 0, bytesPerS: 0 }

export function fakeChannel(nowMs: number, change: Partial<ChannelView> = {}): ChannelView {
  return {
    id: '/ipfs-pubsub/records/dswarm-line',
    kind: 'gossip',
    address: '/ipfs-pubsub/records/dswarm-line',
    mode: 'dial',
    enabled: true,
    state: 'up',
    stateReason: '6 peers in the mesh',
    sinceMs: nowMs - 3_600_000,
    sent: traffic,
    received: { ...traffic, messages: 40_211, messagesPerS: 11.8, bytesPerS: 6_120 },
    dropped: { duplicate: 3_020, malformed: 2 },
    peers: [
      { peer: fakePeer(0), name: 'duckie00', lastHeardAtMs: nowMs - 1_200, source: '192.168.1.10' },
      { peer: fakePeer(1), name: 'duckie01', lastHeardAtMs: nowMs - 3_100, source: '192.168.1.11' },
    ],
    ...change,
  }
}

export function fakeChannels(nowMs: number): ChannelView[] {
  return [
    fakeChannel(nowMs),
    fakeChannel(nowMs, {
      id: '/ip4/239.18.7.5/udp/7601/dswarm-line',
      address: '/ip4/239.18.7.5/udp/7601/dswarm-line',
      kind: 'udp',
      stateReason: 'multicast on wlan0 and eth0',
      dropped: { duplicate: 812, 'other-swarm': 30 },
    }),
    fakeChannel(nowMs, {
      id: '/ip4/0.0.0.0/tcp/7602/dswarm-line!listen',
      address: '/ip4/0.0.0.0/tcp/7602/dswarm-line',
      kind: 'tcp-line',
      mode: 'listen',
      state: 'waiting',
      stateReason: 'listening; nobody has dialled yet',
      sent: silence,
      received: silence,
      dropped: {},
      peers: [],
    }),
    fakeChannel(nowMs, {
      id: '/dns4/irc.libera.chat/tcp/6697/irc/duckietown/dswarm-line',
      address: '/dns4/irc.libera.chat/tcp/6697/irc/duckietown/dswarm-line',
      kind: 'irc',
      state: 'failed',
      stateReason: 'the server refused the connection (ECONNREFUSED); tried again in 40 s',
      sent: silence,
      received: silence,
      dropped: { overflow: 14 },
      peers: [],
    }),
  ]
}

const kinds = ['records', 'records', 'digest', 'ping', 'records', 'pong', 'text'] as const
const summaries = {
  records: '3 records in diagnostics: 2 new, 1 known',
  digest: 'digest of 4 buckets',
  ping: 'ping',
  pong: 'pong after 2 hops',
  text: '“the blue one is stuck at the ramp”',
} as const

export function fakeMessage(no: number, nowMs: number, change: Partial<SwarmMessageView> = {}): SwarmMessageView {
  const kind = kinds[no % kinds.length] ?? 'records'
  const out = no % 3 === 0
  const refused = no % 11 === 5
  return {
    no,
    id: fakeRecord(50_000 + no).slice(-22),
    atMs: nowMs,
    direction: out ? 'out' : 'in',
    channel: no % 4 === 1 ? '/ip4/239.18.7.5/udp/7601/dswarm-line' : '/ipfs-pubsub/records/dswarm-line',
    channelKind: no % 4 === 1 ? 'udp' : 'gossip',
    kind,
    from: out ? null : fakePeer(no % 6),
    fromName: out ? null : `duckie${String(no % 6).padStart(2, '0')}`,
    to: kind === 'ping' ? fakePeer(1_000) : null,
    hops: no % 3,
    bytes: 240 + ((no * 37) % 1_800),
    summary: summaries[kind],
    outcome: out ? 'sent' : refused ? 'refused' : no % 2 === 0 ? 'taken' : 'known',
    reason: refused ? 'bad-signature' : null,
    trace: null,
    ...change,
  }
}

/** Each hears the next few; `cut` leaves the last third in a swarm of its own. */
export function fakeGraph(machines: readonly MachineView[], nowMs: number, cut = false): GraphView {
  const heard = machines.filter((machine) => machine.status !== 'unknown')
  const border = cut ? Math.ceil((heard.length * 2) / 3) : heard.length
  const groupOf = (i: number): number => (i < border ? 0 : 1)
  const edges = heard.flatMap((machine, i) =>
    [1, 2, 7].flatMap((step, s) => {
      const j = i + step
      const other = heard[j]
      if (other === undefined || groupOf(i) !== groupOf(j)) return []
      return [
        {
          from: machine.peer,
          to: other.peer,
          channel: s === 1 ? ('udp' as const) : ('gossip' as const),
          both: (i + s) % 5 !== 0,
          latencyMs: s === 1 ? null : 2.4 + ((i * 3 + s) % 20),
          saidAtMs: nowMs - 12_000,
        },
      ]
    }),
  )
  const alive = heard.map((machine, i) => ({ machine, i })).filter(({ machine }) => machine.status === 'alive')
  const groups = [0, 1].map((group) => alive.filter(({ i }) => groupOf(i) === group).map(({ machine }) => machine.peer))
  return {
    nodes: machines.map(({ peer, name, self, role, status, standing, simulated }) => ({
      peer,
      name,
      self,
      role,
      status,
      standing,
      simulated,
    })),
    edges,
    partitions: groups.filter((group) => group.length > 0),
  }
}

export function fakeRoutes(nowMs: number): RouteView[] {
  return [
    {
      prefix: `/dswarm/${fakePeer(1)}/brain`,
      next: '/ip4/239.18.7.5/udp/7601/dswarm-line/$0',
      source: 'learned',
      hops: 2,
      expiresAtMs: nowMs + 400_000,
      usedAtMs: nowMs - 22_000,
    },
    {
      prefix: `/dswarm/${fakePeer(901)}/brain`,
      next: '/ip4/10.0.0.4/tcp/7602/dswarm-line/$0',
      source: 'set',
      hops: null,
      expiresAtMs: null,
      usedAtMs: null,
    },
    {
      prefix: `/dswarm/${fakePeer(0)}/brain`,
      next: `/ipfs-pubsub/records/dswarm-line/$0`,
      source: 'link',
      hops: 1,
      expiresAtMs: null,
      usedAtMs: nowMs - 1_000,
    },
  ]
}
