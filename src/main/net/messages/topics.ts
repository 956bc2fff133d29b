import { createHash } from 'node:crypto'

/**
 * Here and below `swarm` is the id of the swarm's first root record, so that two swarms of one name never meet.
 * No slash may make two of them one topic.
 */
const nameOf = (swarm: string): string => encodeURIComponent(swarm)

/** The gossip topic on which a swarm's records travel. The number rises when old and new peers could not read each other. */
export function recordsTopic(swarm: string): string {
  return `/dt-swarm/${nameOf(swarm)}/records/1`
}

/**
 * The mDNS service of a swarm. A hash, so that swarms on one LAN do not dial each other and which one it is
 * is not shouted over the network; short, because a service name has at most 15 characters (RFC 6335, section 5.1).
 */
export function mdnsServiceTag(swarm: string): string {
  return `_dtswarm-${createHash('sha256').update(swarm).digest('hex').slice(0, 7)}._udp.local`
}

/** The stream protocol with which two peers bring each other up to date. */
export const reconcileProtocol = '/dt-swarm/reconcile/1'
