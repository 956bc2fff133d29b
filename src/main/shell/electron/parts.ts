import { join } from 'node:path'
import { LabControl } from '../../lab/lab-control.ts'
import { createPeer } from '../../peer.ts'
import { createRouter } from '../api/router.ts'
import type { LabControl as LabFace } from '../api/shell-actions.ts'
import { removeDaemonFile, writeDaemonFile } from '../cli/daemon-file.ts'
import { parseWebAddress } from '../web/listen.ts'
import { tokenFile } from '../web/token.ts'
import { WebServer } from '../web/web-server.ts'
import type { DesktopParts, DesktopPeer } from './desktop-peer.ts'

/** Two desktops that start a lab get the same robots: a demo can be repeated. */
const labSeed = 1

function createLab(peer: DesktopPeer): LabFace {
  const { home, version } = peer.info()
  const bootstrap = () => peer.info().addresses
  return new LabControl({ log: peer.log }, { home: join(home, 'lab'), seed: labSeed, version, bootstrap })
}

/** The real peer and its company, as the desktop app runs them. */
export const parts: DesktopParts = {
  createPeer,
  createLab,
  startWeb: async (peer, shell, at) => {
    const address = parseWebAddress(at)
    if (address === null) return { url: null, stop: async () => {} }
    const { home, version } = peer.info()
    const server = new WebServer({ peer, router: createRouter(peer, shell) }, { address, home, version })
    await server.start()
    // With it `dt-swarm share` and its like find this peer as they find a daemon.
    const { peer: peerId, addresses, startedAtMs } = peer.info()
    const { url } = server
    writeDaemonFile(home, { pid: process.pid, peerId, web: url, tokenFile: tokenFile(home), addresses, startedAtMs })
    const stop = async () => {
      removeDaemonFile(home)
      await server.stop()
    }
    return { url, stop }
  },
}
