import type { CourierView } from '../../shared/courier-views.ts'
import type { Guard } from './fake-guard.ts'

/** A courier whose way a test says; null: the person cancelled the dialog. */
export class FakeCourier {
  view: CourierView | null = null
}

export function courierRoutes(guard: Guard, fake: FakeCourier) {
  return {
    status: guard.courier.status.handler(() => fake.view),
    export: guard.courier.export.handler(() => fake.view),
    import: guard.courier.import.handler(() => fake.view),
    cancel: guard.courier.cancel.handler(() => {
      if (fake.view !== null) fake.view = { ...fake.view, state: 'cancelled' }
    }),
  }
}
