import { z } from 'zod'
import { linkSchema } from '../views.ts'
import { base } from './errors.ts'

export const network = {
  links: base
    .route({ method: 'GET', path: '/network/links', summary: 'The peers that this one is connected to' })
    .output(z.array(linkSchema)),
}
