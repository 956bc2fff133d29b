import { z } from 'zod'

/** What names are like that people give to channels and services: they stand in keys, addresses and command lines. */
export const plainNameWords =
  'it has 1 to 63 small letters, digits, dots, "_" and "-", and begins with a letter or digit'

export const plainNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, plainNameWords)
