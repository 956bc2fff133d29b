import type { Cid } from '../../../../shared/ids.ts'
import type { PinServiceView, PinView } from '../../../../shared/pinning-views.ts'
import { SwarmError } from '../../../../shared/errors.ts'
import { Emitter } from '../../../base/emitter.ts'
import type { ApiPinning } from '../api-peer.ts'

/** Pinning services in memory: each takes all that it is asked for, at once. */
export class MemoryPinning implements ApiPinning {
  readonly events = new Emitter<{ 'pins:changed': { readonly ids: readonly string[] } }>()
  readonly #services = new Map<string, PinServiceView>()
  readonly #pins = new Map<string, PinView>()

  services(): readonly PinServiceView[] {
    return [...this.#services.values()]
  }

  async setService(
    name: string,
    { endpoint, token }: Parameters<ApiPinning['setService']>[1],
  ): Promise<PinServiceView> {
    const service = { name, endpoint, hasToken: typeof token === 'string', problem: null, pins: 0 }
    this.#services.set(name, service)
    return service
  }

  removeService(name: string): void {
    if (!this.#services.delete(name)) throw new SwarmError('NOT_FOUND', `there is no pinning service "${name}"`)
  }

  list(query: Parameters<ApiPinning['list']>[0] = {}): readonly PinView[] {
    const { service, cid } = query
    return [...this.#pins.values()].filter(
      (pin) => (service ?? pin.service) === pin.service && (cid ?? pin.cid) === pin.cid,
    )
  }

  get(id: string): PinView | undefined {
    return this.#pins.get(id)
  }

  async add(cid: Cid, service: string): Promise<PinView> {
    const id = `${service}/${cid}`
    const pin = {
      id,
      service,
      cid,
      name: cid,
      state: 'pinned',
      details: null,
      sinceMs: 1,
      checkedAtMs: 1,
      problem: null,
    } as const
    this.#pins.set(id, pin)
    this.events.emit('pins:changed', { ids: [id] })
    return pin
  }

  async remove(cid: Cid, service: string): Promise<void> {
    this.#pins.delete(`${service}/${cid}`)
    this.events.emit('pins:changed', { ids: [`${service}/${cid}`] })
  }
}
