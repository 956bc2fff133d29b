import { z } from 'zod'
import { peerIdSchema } from '../../shared/ids-schema.ts'
import { swarmErrorCodes } from '../../shared/errors.ts'

/** What a robot's process is told as its one argument, in JSON. */
export const robotOrderSchema = z.object({
  name: z.string().min(1).max(63),
  /** Which of the lab's kinds it is. */
  kind: z.number().int().nonnegative(),
  seed: z.number().int().nonnegative(),
  home: z.string().min(1),
  version: z.string().min(1),
  bootstrap: z.array(z.string()),
  /** An invite of the swarm to be in, whatever it was in before; null: its own, or the one it is in. */
  join: z.string().nullable(),
  pace: z.number().positive(),
  sampleEveryMs: z.number().positive(),
  speakEveryMs: z.number().positive(),
})
export type RobotOrder = z.infer<typeof robotOrderSchema>

/** What a robot's process tells the lab. */
export const robotNewsSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    peer: peerIdSchema,
    addresses: z.array(z.string()),
    /** A way into its swarm for the robots after it; null when it knows none. */
    invite: z.string().nullable(),
  }),
  z.object({ type: z.literal('failed'), code: z.enum(swarmErrorCodes), message: z.string() }),
])
export type RobotNews = z.infer<typeof robotNewsSchema>

/** What the lab tells a robot's process while it runs. */
export const labWishSchema = z.object({ type: z.literal('stop') })
