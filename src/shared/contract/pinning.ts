import { z } from 'zod'
import { cidSchema } from '../ids-schema.ts'
import { pinSchema, pinServiceNameSchema, pinServiceSchema } from '../pinning-views.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

const service = z.object({ name: pinServiceNameSchema })

/** Copies at services that speak the IPFS Pinning Service API (https://ipfs.github.io/pinning-services-api-spec/). */
export const pinning = {
  services: base
    .route({ method: 'GET', path: '/pinning/services', summary: 'The pinning services that are known here' })
    .output(z.array(pinServiceSchema)),
  setService: base
    .route({
      method: 'PUT',
      path: '/pinning/services/{name}',
      summary: 'Add a pinning service, after asking it once, or change it',
    })
    .input(
      service.extend({
        endpoint: z.string().min(1).max(512),
        /** Left out: as it is; null: none. Never told again. */
        token: z.string().min(1).max(8_192).nullable().optional(),
      }),
    )
    .output(pinServiceSchema),
  removeService: base
    .route({
      method: 'DELETE',
      path: '/pinning/services/{name}',
      summary: 'Forget a pinning service, its token and its pins; what it holds stays there',
    })
    .input(service),
  list: base
    .route({ method: 'GET', path: '/pinning/pins', summary: 'What is pinned elsewhere from here, newest first' })
    .input(z.object({ service: pinServiceNameSchema.optional(), cid: cidSchema.optional() }).default({}))
    .output(z.array(pinSchema)),
  watch: base
    .route({ method: 'GET', path: '/pinning/pins/watch', summary: 'What is pinned elsewhere, live' })
    .output(liveList(pinSchema)),
  add: base
    .route({ method: 'POST', path: '/pinning/pins', summary: 'Have a file that is here pinned at a service' })
    .input(z.object({ cid: cidSchema, service: pinServiceNameSchema }))
    .output(pinSchema),
  remove: base
    .route({
      method: 'POST',
      path: '/pinning/pins/remove',
      summary: 'Take a pin back: the service may let go of the file',
    })
    .input(z.object({ cid: cidSchema, service: pinServiceNameSchema })),
}
