import { join } from 'node:path'
import { labAdmission } from '../../lab/lab-admission.ts'
import { LabControl } from '../../lab/lab-control.ts'
import { PeerHost } from '../../peer-host.ts'
import { createPeer } from '../../peer.ts'
import { createRouter } from '../api/router.ts'
import type { LabControl as LabFace } from '../api/shell-actions.ts'
import { removeDaemonFile, writeDaemonFile } from '../cli/daemon-file.ts'
import { parseWebAddress } from '../web/listen.ts'
import { tokenFile } from '../web/token.ts'
import { WebServer } from '../web/web-server.ts'
import type { DesktopHost, DesktopParts, DesktopPeer } from './desktop-peer.ts'

/** Two desktops that start a lab get the same robots: a demo can be repeated. */
const labSeed = 1

function createLab(host: DesktopHost): LabFace {
  const { home, version } = host.peer.info()
  const bootstrap = () => host.peer.info().addresses
  const admission = (robots: number) => labAdmission(host.peer, robots)
  return new LabControl(
    { log: host.peer.log },
    { home: join(home, 'lab'), seed: labSeed, version, bootstrap, admission },
  )
}

/** The real peer and its company, as the desktop app runs them. */
export const parts: DesktopParts = {
  createPeer,
  createHost: (deps, first) => new PeerHost(deps, first),
  createLab,
  startWeb: async (peer, shell, at) => {
    const address = parseWebAddress(at)
    if (address === null) return { url: null, setPeer: () => {}, stop: async () => {} }
    const { home, version } = peer.info()
    const served = (one: DesktopPeer) => ({ peer: one, router: createRouter(one, shell) })
    const server = new WebServer(served(peer), { address, home, version })
    await server.start()
    const { url } = server
    writeFile(peer, url)
    const setPeer = (next: DesktopPeer | null) => {
      server.setPeer(next === null ? null : served(next))
      if (next !== null) writeFile(next, url)
    }
    const stop = async () => {
      removeDaemonFile(home)
      await server.stop()
    }
    return { url, setPeer, stop }
  },
}

/** With it `dt-swarm share` and its like find this peer as they find a daemon. */
function writeFile(peer: DesktopPeer, web: string | null): void {
  const { home, peer: peerId, addresses, startedAtMs } = peer.info()
  writeDaemonFile(home, { pid: process.pid, peerId, web, tokenFile: tokenFile(home), addresses, startedAtMs })
}
