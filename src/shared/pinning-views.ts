import { z } from 'zod'
import { cidSchema } from './ids-schema.ts'
import { plainNameSchema } from './plain-name.ts'

const timeMs = z.number().int()

/** What a person calls a pinning service: also a word of the command line. */
export const pinServiceNameSchema = plainNameSchema

/** A place that speaks the IPFS Pinning Service API. Its token is never told. */
export const pinServiceSchema = z.object({
  name: pinServiceNameSchema,
  /** Without `/pins`; ends with no slash. */
  endpoint: z.string(),
  /** A token is sent with each request. */
  hasToken: z.boolean(),
  /** Why it cannot be used now, and what to do; null: it answered well when it was last asked. */
  problem: z.string().nullable(),
  pins: z.number().int(),
})
export type PinServiceView = z.infer<typeof pinServiceSchema>

/**
 * As the service says (queued, pinning, pinned, failed); `gone`: it no longer knows of the pin; `removing`: it is to be
 * removed there, which is tried until it is.
 */
export const pinStateSchema = z.enum(['queued', 'pinning', 'pinned', 'failed', 'gone', 'removing'])

export const pinSchema = z.object({
  /** Of this peer, for live lists. */
  id: z.string(),
  service: pinServiceNameSchema,
  cid: cidSchema,
  name: z.string(),
  state: pinStateSchema,
  /** What the service says of it, in its own words; null when nothing. */
  details: z.string().nullable(),
  sinceMs: timeMs,
  /** When the service last told its state. */
  checkedAtMs: timeMs,
  /** Why it could not be asked since; null when it could. */
  problem: z.string().nullable(),
})
export type PinView = z.infer<typeof pinSchema>
