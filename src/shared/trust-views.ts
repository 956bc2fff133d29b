import { z } from 'zod'
import { peerIdSchema, recordIdSchema } from './ids-schema.ts'

/** What a peer may do in a swarm. Machines say which role they have; only what the trust records grant counts. */
export const trustRoles = ['operator', 'release', 'robot', 'server'] as const
export const trustRoleSchema = z.enum(trustRoles)
export type TrustRole = z.infer<typeof trustRoleSchema>

/**
 * root: one of the root keys. member: the trust records grant it a role. stranger: nobody has spoken for it.
 * revoked: its key counts for nothing any more.
 */
export const standingSchema = z.enum(['root', 'member', 'stranger', 'revoked'])
export type Standing = z.infer<typeof standingSchema>

const timeMs = z.number().int()

export const swarmSchema = z.object({
  /** The id of the first root record: no two swarms share it, whatever they are called. */
  id: recordIdSchema,
  name: z.string(),
  /** The end of the id in groups of four, to be read out and compared. */
  fingerprint: z.string(),
  /** Only holders of the swarm's network key complete a handshake. */
  private: z.boolean(),
})
export type SwarmView = z.infer<typeof swarmSchema>

export const signerSchema = z.object({
  peer: peerIdSchema,
  name: z.string().nullable(),
  verdict: z.enum(['propose', 'endorse', 'dismiss']),
  atMs: timeMs,
  roles: z.array(trustRoleSchema),
  standing: standingSchema,
  /** Whether this signature has weight under the record's rule, e.g. false for a stranger's. */
  counts: z.boolean(),
})
export type SignerView = z.infer<typeof signerSchema>

const memberSchema = z.object({
  peer: peerIdSchema,
  name: z.string().nullable(),
  /** Groups of four of the end of the peer id, as the machine itself shows it. */
  fingerprint: z.string(),
  standing: standingSchema,
  roles: z.array(trustRoleSchema),
  /** One sentence: "granted robot by laptop (operator) on …". */
  reason: z.string(),
  recordId: recordIdSchema.nullable(),
  sinceMs: timeMs.nullable(),
  expiresAtMs: timeMs.nullable(),
})
export type MemberView = z.infer<typeof memberSchema>

const weight = z.object({ roles: z.array(trustRoleSchema), count: z.number().int() })

/** Whose signatures make a record of a bucket count. */
const bucketRuleSchema = z.object({
  /** The author must have one of these roles; empty: anybody may author. */
  authors: z.array(trustRoleSchema),
  /** So many with one of these roles must have signed, the author included. */
  endorse: weight,
  /** So many with one of these roles can dismiss another's record; 0: its author alone can. */
  dismiss: weight,
})

/** A peer that wants to be admitted. */
const askSchema = z.object({
  peer: peerIdSchema,
  name: z.string(),
  fingerprint: z.string(),
  role: trustRoleSchema,
  simulated: z.boolean(),
  askedAtMs: timeMs,
  /** It came with an invite of this swarm that was made here; null when it only asks. */
  invite: z.string().nullable(),
})
export type AskView = z.infer<typeof askSchema>

/** A change of trust that lacks signatures. */
const proposalSchema = z.object({
  recordId: recordIdSchema,
  /** "root keys: laptop, server, desk; 2 of 3 must sign" */
  what: z.string(),
  /** "needs 1 more root key" */
  missing: z.string(),
  signers: z.array(signerSchema),
  /** This peer's signature would count and is not there yet. */
  mine: z.boolean(),
  proposedAtMs: timeMs,
})
export type ProposalView = z.infer<typeof proposalSchema>

export const trustSchema = z.object({
  swarm: swarmSchema,
  self: z.object({ standing: standingSchema, roles: z.array(trustRoleSchema), reason: z.string() }),
  /** The newest root, which may have ended (then a problem says so); null: none is known. */
  root: z
    .object({
      version: z.number().int(),
      threshold: z.number().int(),
      keys: z.array(z.object({ peer: peerIdSchema, name: z.string().nullable() })),
      expiresAtMs: timeMs,
      recordId: recordIdSchema,
      /** What is risky about these keys, as a sentence: too few must sign, so that a swarm that is cut apart can fork. */
      warning: z.string().optional(),
    })
    .nullable(),
  members: z.array(memberSchema),
  asks: z.array(askSchema),
  proposals: z.array(proposalSchema),
  /** Buckets' rules as they are in force: in words, and as data. Of the bucket trust in words alone: it is fixed. */
  policies: z.array(
    z.object({ bucket: z.string(), rule: z.string(), own: z.boolean(), is: bucketRuleSchema.optional() }),
  ),
  /** Rollback, freeze, fork, expiry: what an operator should know about the trust state itself. */
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
})
export type TrustView = z.infer<typeof trustSchema>

/** What hangs on a key's signature: it would stop counting with it, unless somebody signs it before. */
export const restingSchema = z.object({
  total: z.number().int(),
  /** The first of them, grants before revocations. */
  words: z
    .array(
      z.object({
        recordId: recordIdSchema,
        peer: peerIdSchema,
        name: z.string().nullable(),
        roles: z.array(trustRoleSchema),
        /** It revokes the peer: kept in any case. */
        revokes: z.boolean(),
      }),
    )
    .max(200),
})
export type RestingView = z.infer<typeof restingSchema>

/** The state after a change. */
export const trustChangedSchema = trustSchema.extend({
  /** What will stop counting, because it hangs on a signature that weighs nothing any more and could not be kept: in words. */
  lost: z.array(z.string()).optional(),
})
export type TrustChangedView = z.infer<typeof trustChangedSchema>

export const inviteSchema = z.object({
  id: z.string(),
  /** `dt-swarm://join/…` */
  link: z.string(),
  /** The link as a QR code: an SVG document. */
  qr: z.string(),
  /** Who comes with this invite is admitted in this role by the peer that made it; null: it only lets ask. */
  role: trustRoleSchema.nullable(),
  usesLeft: z.number().int(),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  private: z.boolean(),
})
export type InviteView = z.infer<typeof inviteSchema>

/** What a link says, before one joins. */
export const invitePreviewSchema = z.object({
  swarm: swarmSchema,
  role: trustRoleSchema.nullable(),
  bootstrap: z.array(z.string()),
  expiresAtMs: timeMs,
  /** This peer is in that swarm already. */
  current: z.boolean(),
})
export type InvitePreview = z.infer<typeof invitePreviewSchema>

/** What this peer knows of time. */
export const swarmTimeSchema = z.object({
  /** What is added to this machine's own clock. 0 while they agree. */
  offsetMs: z.number(),
  /** own: its own clock is used. swarm: the median of trusted peers. floor: no peer heard yet, and its own clock cannot be. */
  source: z.enum(['own', 'swarm', 'floor']),
  /** Trusted peers whose clocks were compared lately. */
  peers: z.number().int(),
  reason: z.string(),
})
export type SwarmTimeView = z.infer<typeof swarmTimeSchema>
