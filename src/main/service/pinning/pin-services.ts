import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import { pinServiceNameSchema } from '../../../shared/pinning-views.ts'
import type { Log } from '../../base/log.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { parseSecretJson } from '../../store/safe-json.ts'

export interface PinServiceEntry {
  readonly endpoint: string
  readonly token: string | null
}

const fileSchema = z.strictObject({
  v: z.literal(1),
  services: z.record(
    pinServiceNameSchema,
    z.strictObject({ endpoint: z.url().max(512), token: z.string().max(8_192).nullable() }),
  ),
})

/** A lab has one or two. */
const maxServices = 16

/**
 * The pinning services and their tokens in `<home>/pinning-services.json`, which its owner alone can read. Tokens are
 * secrets: they are sent to their service and nowhere else, so they are not in the settings, which the API tells.
 */
export class PinServices {
  readonly #path: string
  readonly #services = new Map<string, PinServiceEntry>()

  constructor(init: { readonly path: string }) {
    this.#path = init.path
  }

  /** A file that cannot be read is left as it is: its tokens may be nowhere else. */
  load(log: Log): void {
    this.#services.clear()
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err: error, path: this.#path }, 'the pinning services cannot be read')
      return
    }
    const parsed = fileSchema.safeParse(jsonOf(text))
    if (parsed.success)
      for (const [name, service] of Object.entries(parsed.data.services)) this.#services.set(name, service)
    else
      log.warn(
        { path: this.#path },
        'the file of the pinning services is damaged: there are none until it is mended or written anew',
      )
  }

  all(): ReadonlyMap<string, PinServiceEntry> {
    return this.#services
  }

  /** @throws SwarmError NOT_FOUND */
  get(name: string): PinServiceEntry {
    const service = this.#services.get(name)
    if (service !== undefined) return service
    const known = [...this.#services.keys()].join(', ')
    throw new SwarmError(
      'NOT_FOUND',
      `There is no pinning service "${name}" here${known === '' ? '' : ` (there is: ${known})`}. Add it with "dt-swarm pin service ${name} URL", or in Settings.`,
    )
  }

  /** @throws SwarmError LIMIT_REACHED, DISK_FULL, PERMISSION_DENIED */
  set(name: string, service: PinServiceEntry): void {
    if (!this.#services.has(name) && this.#services.size >= maxServices) {
      throw new SwarmError('LIMIT_REACHED', `There are ${maxServices} pinning services already: remove one first.`)
    }
    this.#save(new Map(this.#services).set(name, service))
  }

  remove(name: string): void {
    const next = new Map(this.#services)
    next.delete(name)
    this.#save(next)
  }

  /** What is not on the disk does not hold. */
  #save(next: ReadonlyMap<string, PinServiceEntry>): void {
    writeFileAtomic(this.#path, `${JSON.stringify({ v: 1, services: Object.fromEntries(next) }, undefined, 2)}\n`)
    this.#services.clear()
    for (const [name, service] of next) this.#services.set(name, service)
  }
}

function jsonOf(text: string): unknown {
  try {
    return parseSecretJson(text)
  } catch {
    return undefined
  }
}
