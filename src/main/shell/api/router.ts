import type { ApiPeer } from './api-peer.ts'
import { archiveRouter } from './archive.ts'
import { createBuilder } from './builder.ts'
import { checkpointsRouter } from './checkpoints.ts'
import { courierRouter } from './courier.ts'
import { diagnosticsRouter } from './diagnostics.ts'
import { filesRouter } from './files.ts'
import { fleetRouter } from './fleet.ts'
import { networkRouter } from './network.ts'
import { pinningRouter } from './pinning.ts'
import { recorderRouter } from './recorder.ts'
import { recordsRouter } from './records.ts'
import { settingsRouter } from './settings.ts'
import type { ShellActions } from './shell-actions.ts'
import { labRouter, systemRouter } from './system.ts'
import { trustRouter } from './trust.ts'

/**
 * The contract over a peer, to be served by any oRPC handler (window port, WebSocket, HTTP) with a context made by
 * `createContext`, one a connection.
 */
export function createRouter(peer: ApiPeer, shell: ShellActions) {
  const os = createBuilder(peer)
  return os.router({
    system: systemRouter(os, peer, shell),
    fleet: fleetRouter(os, peer),
    diagnostics: diagnosticsRouter(os, peer),
    files: filesRouter(os, peer, shell),
    archive: archiveRouter(os, peer),
    pinning: pinningRouter(os, peer),
    courier: courierRouter(os, peer, shell),
    recorder: recorderRouter(os, peer),
    records: recordsRouter(os, peer),
    network: networkRouter(os, peer),
    checkpoints: checkpointsRouter(os, peer, shell),
    settings: settingsRouter(os, peer),
    trust: trustRouter(os, peer, shell),
    lab: labRouter(os, shell),
  })
}

export type ApiRouter = ReturnType<typeof createRouter>
