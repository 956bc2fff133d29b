import { createHash } from 'node:crypto'

/** A swarm's name as it may stand in a topic: no slash that would make two names one topic. */
const nameOf = (swarm: string): string => encodeURIComponent(swarm)

/** The gossip topic on which a swarm's records travel. The number rises when old and new peers could not read each other. */
export function recordsTopic(swarm: string): string {
  return `/dt-swarm/${nameOf(swarm)}/records/1`
}

/**
 * The mDNS service of a swarm. A hash of the name, so that swarms on one LAN do not dial each other and the name itself
 * is not shouted over the network; short, because a service name has at most 15 characters (RFC 6335, section 5.1).
 */
export function mdnsServiceTag(swarm: string): string {
  return `_dtswarm-${createHash('sha256').update(swarm).digest('hex').slice(0, 7)}._udp.local`
}

/** The stream protocol with which two peers bring each other up to date. */
export const catchUpProtocol = '/dt-swarm/catch-up/1'
