import { z } from 'zod'
import { peerIdSchema } from '../ids-schema.ts'
import { machineSchema } from '../views.ts'
import { base } from './errors.ts'
import { liveList } from './live.ts'

export const fleet = {
  list: base
    .route({
      method: 'GET',
      path: '/fleet',
      summary: 'Every machine of the swarm that this peer knows, itself included',
    })
    .output(z.array(machineSchema)),
  get: base
    .route({ method: 'GET', path: '/fleet/{peer}', summary: 'One machine' })
    .input(z.object({ peer: peerIdSchema }))
    .output(machineSchema),
  watch: base
    .route({ method: 'GET', path: '/fleet/watch', summary: 'The machines, live' })
    .output(liveList(machineSchema)),
  forget: base
    .route({
      method: 'POST',
      path: '/fleet/{peer}/forget',
      summary: 'Hide a machine that is gone until it is heard again',
    })
    .input(z.object({ peer: peerIdSchema })),
}
