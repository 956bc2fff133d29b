import { SwarmError } from '../../shared/errors.ts'
import type { LabView } from '../../shared/lab-view.ts'
import type { SystemStatusView } from '../../shared/views.ts'
import type { Log } from '../base/log.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import { storeError } from '../store/store-error.ts'
import { Lab, type LabInit } from './lab.ts'

export interface LabControlInit {
  readonly home: string
  readonly seed: number
  readonly version: string
  /** Where this process's own peer listens, asked when a lab starts. */
  readonly bootstrap: () => readonly string[]
  /** How its robots get into this process's swarm, asked when a lab starts. Default: they form one of their own. */
  readonly admission?: (robots: number) => LabAdmission
  readonly pace?: number
}

/** What robots are given to get in. */
export interface LabAdmission {
  readonly link: string
  /** Why they stay strangers until somebody admits them; null: they are admitted by themselves. */
  notAdmitted(): string | null
  /** The link is of no use any more. */
  close(): void
}

/** The lab of one process: at most one at a time, started and stopped as a person wishes. */
export class LabControl {
  readonly #deps: { readonly log: Log }
  readonly #init: LabControlInit
  #lab: Lab | null = null
  #admission: LabAdmission | null = null
  /** Wishes are fulfilled one after the other: two quick clicks must not make two labs in one home. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: { readonly log: Log }, init: LabControlInit) {
    this.#deps = deps
    this.#init = init
  }

  status(): LabView {
    return this.#lab?.status() ?? { running: false, robots: [] }
  }

  /**
   * Starts `robots` robots, 1 to 50; a lab that runs with another number is stopped first.
   * @throws SwarmError INVALID_INPUT, PERMISSION_DENIED, DISK_FULL; then nothing has changed
   */
  async start(robots: number): Promise<LabView> {
    if (!Number.isInteger(robots) || robots < 1 || robots > 50) {
      throw new SwarmError('INVALID_INPUT', `A lab has 1 to 50 robots, not ${robots}.`)
    }
    return await this.#next(async () => {
      if (this.#lab !== null && this.#lab.status().robots.length === robots) return
      const { home, seed, version, bootstrap, pace } = this.#init
      makeLabFolder(home)
      await this.#end()
      const admission = this.#init.admission?.(robots) ?? null
      const why = admission?.notAdmitted() ?? null
      if (why !== null) this.#deps.log.warn({ why }, 'the robots are strangers for now')
      this.#admission = admission
      const init: LabInit = {
        robots,
        seed,
        home,
        version,
        bootstrap: loopback(bootstrap()),
        ...(admission === null ? {} : { join: admission.link }),
        ...(pace === undefined ? {} : { pace }),
      }
      const lab = new Lab(this.#deps, init)
      await lab.start()
      this.#lab = lab
    })
  }

  async stop(): Promise<LabView> {
    return await this.#next(() => this.#end())
  }

  /** What a person should know about the lab. */
  warnings(): SystemStatusView['warnings'] {
    const why = this.#lab === null ? null : (this.#admission?.notAdmitted() ?? null)
    return why === null ? [] : [{ code: 'LAB_NOT_ADMITTED', message: why }]
  }

  async #end(): Promise<void> {
    await this.#lab?.stop()
    this.#lab = null
    this.#admission?.close()
    this.#admission = null
  }

  async #next(work: () => Promise<void>): Promise<LabView> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    await turn
    return this.status()
  }
}

/** Robots live on this machine: of all the addresses of its peer, the one that never changes will do. */
function loopback(addresses: readonly string[]): readonly string[] {
  const local = addresses.filter((address) => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address) && address.includes('/tcp/'))
  return local.length > 0 ? local : addresses
}

function makeLabFolder(path: string): void {
  try {
    makeFolderSync(path, { mode: 0o700 })
  } catch (error) {
    const known = storeError(error, path)
    if (known instanceof SwarmError) throw known
    throw new SwarmError('INVALID_INPUT', `The lab's folder ${path} cannot be made: is a file in the way?`, {
      cause: error,
    })
  }
}
