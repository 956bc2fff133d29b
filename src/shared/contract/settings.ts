import { z } from 'zod'
import { settingsChangeSchema } from '../settings-change.ts'
import { settingsSchema } from '../views.ts'
import { base } from './errors.ts'

export const settings = {
  get: base.route({ method: 'GET', path: '/settings', summary: 'The settings in force' }).output(settingsSchema),
  update: base
    .route({
      method: 'PATCH',
      path: '/settings',
      summary: 'Change settings; those not named stay, in files and recorder too',
    })
    .input(settingsChangeSchema)
    .output(
      z.object({
        settings: settingsSchema,
        /** Settings that wait for the next start, because the network node is made with them. */
        waiting: z.array(z.enum(['listen', 'mdns', 'role'])),
      }),
    ),
}
