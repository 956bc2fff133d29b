import type { ContractRouterClient } from '@orpc/contract'
import { archive } from './archive.ts'
import { checkpoints } from './checkpoints.ts'
import { courier } from './courier.ts'
import { diagnostics } from './diagnostics.ts'
import { files } from './files.ts'
import { fleet } from './fleet.ts'
import { network } from './network.ts'
import { pinning } from './pinning.ts'
import { recorder } from './recorder.ts'
import { records } from './records.ts'
import { settings } from './settings.ts'
import { lab, system } from './system.ts'
import { trust } from './trust.ts'

/**
 * The whole API, contract first. It is served unchanged over a MessagePort (window), a WebSocket (browser, CLI)
 * and HTTP with OpenAPI (scripts, below `/api`). A call is named here and nowhere else.
 */
export const contract = {
  system,
  fleet,
  diagnostics,
  files,
  archive,
  pinning,
  courier,
  recorder,
  records,
  trust,
  checkpoints,
  network,
  settings,
  lab,
}

/** The typed client of the contract, whatever carries it. */
export type ApiClient = ContractRouterClient<typeof contract>
