import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { LineCodec } from '../channels/line.ts'
import type { LinkLimits } from '../channels/line-door.ts'
import { TcpLineChannel } from '../channels/tcp-line.ts'
import type { BrainPeer } from './brain-peers.ts'

export const testCodec = new LineCodec({ swarm: 'test', networkKey: null })

let listening = 0

/** Opens a TCP line on loopback that others can come to, and gives it to a peer. */
export async function listenOn(
  peer: BrainPeer,
  limits?: Partial<LinkLimits>,
): Promise<TcpLineChannel & { port: number }> {
  listening += 1
  const deps = { clock: systemClock, random: Math.random, log: silentLog, codec: testCodec, counters: peer.counters }
  const address = `/ip4/127.0.0.1/tcp/${40_000 + listening}/dswarm-line`
  const channel = await peer.add(
    new TcpLineChannel(deps, { address, mode: 'listen', host: '127.0.0.1', port: 0, limits }),
  )
  while (channel.port === null) await sleep(5)
  return channel as TcpLineChannel & { port: number }
}

/** Links two peers by a real TCP line, and waits until it carries. */
export async function linkByTcp(
  left: BrainPeer,
  right: BrainPeer,
  limits?: Partial<LinkLimits>,
): Promise<TcpLineChannel> {
  const server = await listenOn(left, limits)
  const deps = { clock: systemClock, random: Math.random, log: silentLog, codec: testCodec, counters: right.counters }
  const address = `/ip4/127.0.0.1/tcp/${server.port}/dswarm-line`
  const client = new TcpLineChannel(deps, { address, mode: 'dial', host: '127.0.0.1', port: server.port, limits })
  await right.add(client)
  while (client.facts().state !== 'up' || server.facts().state !== 'up') await sleep(5)
  return client
}
