import type { GossipsubOpts } from '@libp2p/gossipsub'
import { hash } from 'node:crypto'

/** A gossip message is a batch: a kind byte, then up to this much. Two records of the largest size fit. */
export const maxMessageBytes = 160 * 1024

/**
 * One frame may answer several IWANTs at once, so it may be far larger than a message; past this the stream is cut.
 * 16 MiB is about five seconds of the highest measured ingest rate.
 */
const maxFrameBytes = 16 * 1024 * 1024

/** Ids that were computed for the cheap check and are asked for again a moment later, by the message's own bytes. */
const ids = new WeakMap<Uint8Array, string>()

function idOf(data: Uint8Array): string {
  let id = ids.get(data)
  if (id === undefined) {
    // 20 bytes of sha2-256: collisions are out of reach, and IHAVE lists stay short.
    id = hash('sha256', data, 'hex').slice(0, 40)
    ids.set(data, id)
  }
  return id
}

/**
 * How gossip is tuned: unsigned messages (each record carries its author's signature), one hash a message for both ids,
 * and scores that look at nothing but garbage: honest robots may be slow, silent, or many behind one address.
 * @param topic the only topic that counts
 * @param appScore what else is known of a peer: 0 is fine, below is bad
 */
export function gossipInit(topic: string, appScore: (peer: string) => number): Partial<GossipsubOpts> {
  return {
    allowedTopics: [topic],
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    fallbackToFloodsub: false,
    // Batches go to the mesh alone: sending each to every neighbour costs more than the hop it may save.
    floodPublish: false,
    batchPublish: true,
    emitSelf: false,
    doPX: false,
    maxInboundDataLength: maxFrameBytes,
    maxOutboundBufferSize: maxFrameBytes,
    maxTopicBytesPerPeer: 64 * 1024,
    fastMsgIdFn: (message) => idOf(message.data ?? new Uint8Array(0)),
    msgIdFn: (message) => Buffer.from(idOf(message.data), 'hex'),
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex'),
    scoreParams: {
      appSpecificScore: appScore,
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0,
      behaviourPenaltyThreshold: 6,
      topics: {
        [topic]: {
          topicWeight: 1,
          timeInMeshWeight: 0,
          timeInMeshQuantum: 1_000,
          timeInMeshCap: 1,
          firstMessageDeliveriesWeight: 0,
          firstMessageDeliveriesDecay: 0.5,
          firstMessageDeliveriesCap: 1,
          meshMessageDeliveriesWeight: 0,
          meshMessageDeliveriesDecay: 0.5,
          meshMessageDeliveriesCap: 1,
          meshMessageDeliveriesThreshold: 0.5,
          meshMessageDeliveriesWindow: 10,
          meshMessageDeliveriesActivation: 1_000,
          meshFailurePenaltyWeight: 0,
          meshFailurePenaltyDecay: 0.5,
          // The square of the number of invalid messages counts: the third one ends a peer's standing.
          invalidMessageDeliveriesWeight: -10,
          invalidMessageDeliveriesDecay: 0.97,
        },
      },
    },
    scoreThresholds: {
      gossipThreshold: -20,
      publishThreshold: -50,
      graylistThreshold: -80,
      acceptPXThreshold: 10,
      opportunisticGraftThreshold: 0,
    },
  }
}
