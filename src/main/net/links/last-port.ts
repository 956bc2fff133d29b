import { readFileSync } from 'node:fs'
import type { Startable } from '../../base/lifecycle.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { defaultPort } from './listen.ts'

export interface LastPortDeps {
  readonly node: { addresses(): readonly string[] }
  readonly log: Log
}

/**
 * The port that this peer had last, kept in a file of its home, so that after a restart others find it where they knew
 * it. Started after the node, whose port it then writes down; only for a peer that was not told where to listen.
 */
export class LastPort implements Startable {
  readonly #deps: LastPortDeps
  readonly #path: string
  readonly #chosenByUs: boolean

  /** @param init.chosenByUs false when somebody said where to listen: then nothing is kept */
  constructor(deps: LastPortDeps, init: { readonly path: string; readonly chosenByUs: boolean }) {
    this.#deps = deps
    this.#path = init.path
    this.#chosenByUs = init.chosenByUs
  }

  /** A port that cannot be kept costs nothing now: it is told, and the next start tries the default one. */
  async start(): Promise<void> {
    const port = portIn(this.#deps.node.addresses())
    if (!this.#chosenByUs || port === null || port === readPort(this.#path)) return
    try {
      writeFileAtomic(this.#path, `${port}\n`)
    } catch (err) {
      this.#deps.log.warn({ err, path: this.#path }, 'the port cannot be kept; after a restart it may be another one')
    }
  }

  async stop(): Promise<void> {}
}

/** The ports to try, the last one first. A file that is missing or damaged is passed over. */
export function portsToTry(path: string): readonly number[] {
  const last = readPort(path)
  return last === null || last === defaultPort ? [defaultPort] : [last, defaultPort]
}

function readPort(path: string): number | null {
  try {
    const port = Number(readFileSync(path, 'utf8').slice(0, 16).trim())
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null
  } catch {
    return null
  }
}

function portIn(addresses: readonly string[]): number | null {
  for (const address of addresses) {
    const port = /^\/ip[46]\/[^/]+\/tcp\/(\d+)/.exec(address)?.[1]
    if (port !== undefined) return Number(port)
  }
  return null
}
