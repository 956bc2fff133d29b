import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { labSchema } from '../lab-view.ts'
import { infoSchema, systemStatusSchema } from '../views.ts'
import { base } from './errors.ts'

export const system = {
  info: base
    .route({ method: 'GET', path: '/system/info', summary: 'Who this peer is and what it can do' })
    .output(infoSchema),
  status: base
    .route({ method: 'GET', path: '/system/status', summary: 'Counts, refusals and warnings, now' })
    .output(systemStatusSchema),
  watch: base
    .route({ method: 'GET', path: '/system/watch', summary: 'The status, now and whenever it changes' })
    .output(eventIterator(systemStatusSchema)),
}

/** A lab: simulated Duckiebots, each a real peer in a process of its own. UNSUPPORTED where `can.lab` is false. */
export const lab = {
  status: base.route({ method: 'GET', path: '/lab', summary: 'The lab that this peer runs' }).output(labSchema),
  start: base
    .route({ method: 'POST', path: '/lab/start', summary: 'Start simulated robots' })
    .input(z.object({ robots: z.number().int().min(1).max(50) }))
    .output(labSchema),
  stop: base.route({ method: 'POST', path: '/lab/stop', summary: 'Stop the simulated robots' }).output(labSchema),
}
