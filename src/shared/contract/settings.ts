import { z } from 'zod'
import { settingsSchema } from '../views.ts'
import { base } from './errors.ts'

export const settings = {
  get: base.route({ method: 'GET', path: '/settings', summary: 'The settings in force' }).output(settingsSchema),
  update: base
    .route({ method: 'PATCH', path: '/settings', summary: 'Change settings; those not named stay' })
    .input(settingsSchema.partial())
    .output(
      z.object({
        settings: settingsSchema,
        /** Settings that wait for the next start, because the network node is made with them. */
        waiting: z.array(z.enum(['listen', 'mdns', 'role'])),
      }),
    ),
}
