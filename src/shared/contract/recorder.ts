import { z } from 'zod'
import { peerIdSchema } from '../ids-schema.ts'
import { markedSchema, markTextSchema, recorderSchema } from '../recorder-views.ts'
import { base } from './errors.ts'

/** The flight recorder; it is set by `settings.update`, setting `recorder`. */
export const recorder = {
  status: base
    .route({ method: 'GET', path: '/recorder', summary: 'The flight recorder of this peer, and what it saved' })
    .output(recorderSchema),
  mark: base
    .route({ method: 'POST', path: '/recorder/mark', summary: 'Save the last minutes now, here or on another peer' })
    .input(
      z.object({
        text: markTextSchema.default(''),
        /** Default: this peer. Another one does so for operators and roots of its swarm. */
        peer: peerIdSchema.optional(),
      }),
    )
    .output(markedSchema),
}
