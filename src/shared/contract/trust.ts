import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { peerIdSchema, recordIdSchema } from '../ids-schema.ts'
import {
  invitePreviewSchema,
  inviteSchema,
  restingSchema,
  trustChangedSchema,
  trustRoleSchema,
  trustSchema,
} from '../trust-views.ts'
import { base } from './errors.ts'

const link = z.object({ link: z.string().min(1).max(4_096) })
const peer = z.object({ peer: peerIdSchema })
/** Let go whom the peer has admitted, when its signatures lose their weight. Default: this peer signs those words, too. */
const dropGrants = z.boolean().default(false)

/**
 * Who may say what. A change that this peer alone cannot decide becomes a proposal: the others endorse it with
 * `records.attest`. All of it is made of records in the bucket `trust`.
 */
export const trust = {
  get: base
    .route({ method: 'GET', path: '/trust', summary: 'The trust state as this peer sees it' })
    .output(trustSchema),
  watch: base
    .route({ method: 'GET', path: '/trust/watch', summary: 'The trust state, now and whenever it changes' })
    .output(eventIterator(trustSchema)),
  invite: base
    .route({ method: 'POST', path: '/trust/invites', summary: 'Make an invite: a link and a QR code' })
    .input(
      z.object({
        /** Admit who comes with it in this role, as long as this peer is there to do it. Absent: it only lets ask. */
        role: trustRoleSchema.optional(),
        uses: z.number().int().min(1).max(1_000).default(1),
        validForMs: z.number().int().min(60_000).max(31_622_400_000).default(86_400_000),
      }),
    )
    .output(inviteSchema),
  invites: base
    .route({ method: 'GET', path: '/trust/invites', summary: 'The invites made here that can still be used' })
    .output(z.array(inviteSchema)),
  withdrawInvite: base
    .route({ method: 'POST', path: '/trust/invites/{id}/withdraw', summary: 'Make an invite useless' })
    .input(z.object({ id: z.string().max(64) })),
  readInvite: base
    .route({ method: 'POST', path: '/trust/read-invite', summary: 'What an invite says, without joining' })
    .input(link)
    .output(invitePreviewSchema),
  join: base
    .route({
      method: 'POST',
      path: '/trust/join',
      summary: 'Leave this swarm for that of an invite; the peer starts anew (where `can.join`)',
    })
    .input(link)
    .output(invitePreviewSchema),
  admit: base
    .route({
      method: 'POST',
      path: '/trust/members/{peer}/admit',
      summary: 'Grant roles; a proposal where more must sign',
    })
    .input(peer.extend({ roles: z.array(trustRoleSchema).min(1).max(4), dropGrants }))
    .output(trustChangedSchema),
  revoke: base
    .route({
      method: 'POST',
      path: '/trust/members/{peer}/revoke',
      summary: 'Nothing this key signs counts any more; a proposal where more must sign',
    })
    .input(peer.extend({ note: z.string().max(200).optional(), dropGrants }))
    .output(trustChangedSchema),
  resting: base
    .route({
      method: 'GET',
      path: '/trust/members/{peer}/resting',
      summary:
        'What hangs on the signature of a key: whom it has admitted and revoked, as long as no other signed that',
    })
    .input(peer)
    .output(restingSchema),
  setRoot: base
    .route({ method: 'POST', path: '/trust/root', summary: 'Propose new root keys or another threshold' })
    .input(
      z.object({
        keys: z.array(peerIdSchema).min(1).max(16),
        threshold: z.number().int().min(1).max(16),
        name: z.string().trim().min(1).max(63).optional(),
      }),
    )
    .output(trustSchema),
  setPolicy: base
    .route({ method: 'POST', path: '/trust/policies/{bucket}', summary: 'Propose another rule for a bucket' })
    .input(
      z.object({
        bucket: z.string().max(64),
        /** Null: the built-in rule again. */
        rule: z
          .object({
            authors: z.array(trustRoleSchema).max(4),
            endorse: z.object({
              roles: z.array(trustRoleSchema).min(1).max(4),
              count: z.number().int().min(0).max(16),
            }),
          })
          .nullable(),
      }),
    )
    .output(trustSchema),
  /** For scripts: the words of a trust record. */
  record: base
    .route({ method: 'GET', path: '/trust/records/{id}', summary: 'A trust record in words' })
    .input(z.object({ id: recordIdSchema }))
    .output(z.object({ what: z.string(), state: z.string(), reason: z.string() })),
}
