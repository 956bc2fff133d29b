import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { randomBytes } from 'node:crypto'
import type { PeerId } from '../../../shared/ids.ts'
import { systemClock } from '../../base/clock.ts'
import { Counters } from '../../base/counters.ts'
import { silentLog } from '../../base/log.ts'
import { SwarmNode, type SwarmNodeInit } from '../swarm-node.ts'

export interface TestIdentity {
  readonly peerId: PeerId
  readonly seed: Uint8Array
}

/** A node on loopback that finds nobody by itself; remembers its identity, so that it can "restart". */
export class TestNode extends SwarmNode {
  readonly identity: TestIdentity
  readonly counters: Counters

  constructor(identity: TestIdentity, counters: Counters, init: SwarmNodeInit) {
    super({ identity, counters, clock: systemClock, random: Math.random, log: silentLog }, init)
    this.identity = identity
    this.counters = counters
  }
}

const made: SwarmNode[] = []

export async function makeIdentity(): Promise<TestIdentity> {
  const seed = randomBytes(32)
  const key = await generateKeyPairFromSeed('Ed25519', seed)
  return { peerId: peerIdFromPrivateKey(key).toString() as PeerId, seed }
}

export async function makeNode(init: Partial<SwarmNodeInit> = {}, identity?: TestIdentity): Promise<TestNode> {
  const node = new TestNode(identity ?? (await makeIdentity()), new Counters(), {
    swarm: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    ...init,
  })
  made.push(node)
  return node
}

export async function stopNodes(): Promise<void> {
  await Promise.all(made.splice(0).map((node) => node.stop()))
}
