/** Helia's default libp2p imports these two; dt-swarm makes its own node and never calls them. */
export function webRTC() {
  throw new Error('WebRTC is not part of dt-swarm')
}
export const webRTCDirect = webRTC
