import { z } from 'zod'

const time = z.number().int().nonnegative()
const size = z.number().int().nonnegative()

/** What records in the bucket `files` say; the key is the CID. Fields that are not known here are let through. */
export const fileValueSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('share'),
    name: z.string().min(1).max(1_024),
    sizeBytes: size,
    mediaType: z.string().max(127),
    modifiedAtMs: time,
    sharedAtMs: time,
    simulated: z.boolean(),
  }),
  z.object({ kind: z.literal('copy'), sizeBytes: size }),
])
export type FileValue = z.infer<typeof fileValueSchema>
export type ShareFacts = Omit<Extract<FileValue, { kind: 'share' }>, 'kind'>
