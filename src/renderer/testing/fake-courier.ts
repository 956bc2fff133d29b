import type { Cid } from '../../shared/ids.ts'
import type { CourierView } from '../../shared/courier-views.ts'
import type { Guard } from './fake-guard.ts'

/** A courier whose way a test says. */
export class FakeCourier {
  /** What it does, or did last. */
  view: CourierView | null = null
  /** What it does once it is asked; null: the person cancelled the dialog. */
  next: CourierView | null = null
  /** Of each export the files that were chosen; null: all. */
  readonly exported: (readonly Cid[] | null)[] = []

  begin(): CourierView | null {
    if (this.next !== null) this.view = this.next
    return this.next
  }
}

export function courierRoutes(guard: Guard, fake: FakeCourier) {
  return {
    status: guard.courier.status.handler(() => fake.view),
    export: guard.courier.export.handler(({ input }) => {
      fake.exported.push(input.cids ?? null)
      return fake.begin()
    }),
    import: guard.courier.import.handler(() => fake.begin()),
    cancel: guard.courier.cancel.handler(() => {
      if (fake.view !== null) fake.view = { ...fake.view, state: 'cancelled' }
    }),
  }
}
