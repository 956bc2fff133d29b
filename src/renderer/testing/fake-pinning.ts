import type { PinServiceView, PinView } from '../../shared/pinning-views.ts'
import { found, mutable, type Guard, type LineSignal } from './fake-guard.ts'
import { FakeList } from './fake-swarm.ts'

/** Pinning services of a scripted swarm: what is asked of them stands in the queue until the test says more. */
export class FakePinning {
  readonly pins = new FakeList<PinView>((pin) => pin.id, [])
  services: PinServiceView[] = []
  /** Tokens that were given, in order. */
  readonly tokens: string[] = []
}

export function pinningRoutes(guard: Guard, fake: FakePinning, line: LineSignal) {
  const { pins } = fake
  return {
    services: guard.pinning.services.handler(() => fake.services),
    setService: guard.pinning.setService.handler(({ input: { name, endpoint, token } }) => {
      const before = fake.services.find((one) => one.name === name)
      const hasToken = token === undefined ? (before?.hasToken ?? false) : token !== null
      if (typeof token === 'string') fake.tokens.push(token)
      const service: PinServiceView = { name, endpoint, hasToken, problem: null, pins: before?.pins ?? 0 }
      fake.services = [...fake.services.filter((one) => one.name !== name), service]
      return service
    }),
    removeService: guard.pinning.removeService.handler(({ input }) => {
      fake.services = fake.services.filter((one) => one.name !== input.name)
    }),
    list: guard.pinning.list.handler(({ input }) => pins.all().filter(({ cid }) => (input.cid ?? cid) === cid)),
    watch: guard.pinning.watch.handler(({ signal }) => mutable(pins.watch(signal, line()))),
    add: guard.pinning.add.handler(({ input: { cid, service } }) => {
      const nowMs = Date.now()
      const at = { sinceMs: nowMs, checkedAtMs: nowMs }
      const pin: PinView = {
        id: `${service}/${cid}`,
        service,
        cid,
        name: cid,
        state: 'queued',
        details: null,
        ...at,
        problem: null,
      }
      pins.put(pin)
      return pin
    }),
    remove: guard.pinning.remove.handler(({ input: { cid, service } }) => {
      pins.remove(found(pins.get(`${service}/${cid}`), 'pin').id)
    }),
  }
}
