import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SwarmError } from '../../../shared/errors.ts'
import { peerIdSchema, recordIdSchema } from '../../../shared/ids-schema.ts'
import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { trustRoleSchema, type TrustRole } from '../../../shared/trust-views.ts'
import type { Log } from '../../base/log.ts'
import { inviteIdBytes, inviteSecretBytes, isAskProof } from '../../model/invite.ts'
import { writeFileAtomic } from '../../store/atomic-file.ts'
import { parseSecretJson } from '../../store/safe-json.ts'

/** An invite that was made here, as it is kept. */
export interface MadeInvite {
  /** 8 random bytes in base64url. */
  readonly id: string
  readonly secret: Uint8Array
  /** Who proves to hold the secret is admitted in this role; null: it only lets ask. */
  readonly role: TrustRole | null
  /** So many peers may be admitted by it in all. */
  readonly uses: number
  /** Who was, each once: one that was sent away later does not come back by the same invite. */
  readonly usedBy: readonly PeerId[]
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Open at once: more than a person hands out; a lab makes one for all its robots. */
const maxInvites = 64

const inviteSchema = z.strictObject({
  id: z.string().min(1).max(64),
  secret: z
    .base64()
    .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
    .refine((bytes) => bytes.length === inviteSecretBytes),
  role: trustRoleSchema.nullable(),
  uses: z.number().int().min(1).max(1_000),
  usedBy: z.array(peerIdSchema).max(1_000),
  createdAtMs: z.number().int(),
  expiresAtMs: z.number().int(),
})
const fileSchema = z.strictObject({
  v: z.literal(1),
  /** They are of no use in another swarm. */
  swarm: recordIdSchema,
  invites: z.array(inviteSchema).max(maxInvites),
})

/** The invites that were made here and can still be used: `<home>/invites.json`, its owner's alone because of the secrets. */
export class InviteBook {
  readonly #path: string
  readonly #swarm: RecordId
  #invites: readonly MadeInvite[]

  /** A file that is damaged, or of a swarm that was left, is no loss: invites can be made again. */
  constructor(deps: { readonly log: Log }, init: { readonly home: string; readonly swarm: RecordId }) {
    this.#path = join(init.home, 'invites.json')
    this.#swarm = init.swarm
    this.#invites = load(this.#path, init.swarm, deps.log)
  }

  /** Those that can still be used at `nowMs`, oldest first. */
  open(nowMs: number): readonly MadeInvite[] {
    return this.#invites.filter((invite) => isOpen(invite, nowMs))
  }

  get(id: string): MadeInvite | undefined {
    return this.#invites.find((invite) => invite.id === id)
  }

  /** @throws SwarmError LIMIT_REACHED, DISK_FULL, PERMISSION_DENIED */
  make(init: Pick<MadeInvite, 'role' | 'uses' | 'createdAtMs' | 'expiresAtMs'>): MadeInvite {
    const open = this.open(init.createdAtMs)
    if (open.length >= maxInvites) {
      throw new SwarmError(
        'LIMIT_REACHED',
        `${maxInvites} invites are open already: withdraw one, or wait until one ends.`,
      )
    }
    const invite: MadeInvite = {
      ...init,
      id: randomBytes(inviteIdBytes).toString('base64url'),
      secret: Uint8Array.from(randomBytes(inviteSecretBytes)),
      usedBy: [],
    }
    this.#save([...open, invite])
    return invite
  }

  /** @throws SwarmError NOT_FOUND */
  withdraw(id: string, nowMs: number): void {
    const open = this.open(nowMs)
    const left = open.filter((invite) => invite.id !== id)
    if (left.length === open.length) {
      throw new SwarmError(
        'NOT_FOUND',
        `No open invite ${id} was made here: it was used up, has ended, or was withdrawn.`,
      )
    }
    this.#save(left)
  }

  /** The invite that this peer proves to hold, whether or not it can still be used; undefined for one not made here. */
  provenBy(peer: PeerId, ask: { readonly invite: string | null; readonly proof: Uint8Array | null }) {
    if (ask.invite === null || ask.proof === null) return undefined
    const invite = this.get(ask.invite)
    return invite !== undefined && isAskProof(ask.proof, invite.secret, peer) ? invite : undefined
  }

  /**
   * Takes a use of each peer's invite, all with one write, before anything is signed for it. A peer that has its use
   * already takes no other: it may be that nothing was signed for it before the power went.
   * @returns the peers that it was enough for, with the invite's role
   */
  use(
    wishes: readonly { readonly peer: PeerId; readonly id: string }[],
    nowMs: number,
  ): readonly { readonly peer: PeerId; readonly role: TrustRole }[] {
    const next = new Map(this.#invites.map((invite) => [invite.id, invite]))
    const granted: { peer: PeerId; role: TrustRole }[] = []
    let changed = false
    for (const { peer, id } of wishes) {
      const invite = next.get(id)
      if (invite === undefined || invite.role === null) continue
      const has = invite.usedBy.includes(peer)
      if (invite.expiresAtMs <= nowMs || (!has && !isOpen(invite, nowMs))) continue
      granted.push({ peer, role: invite.role })
      if (has) continue
      next.set(id, { ...invite, usedBy: [...invite.usedBy, peer] })
      changed = true
    }
    if (changed) this.#save([...next.values()])
    return granted
  }

  #save(invites: readonly MadeInvite[]): void {
    const content: z.input<typeof fileSchema> = {
      v: 1,
      swarm: this.#swarm,
      invites: invites.slice(-maxInvites).map((invite) => ({
        ...invite,
        secret: Buffer.from(invite.secret).toString('base64'),
        usedBy: [...invite.usedBy],
      })),
    }
    writeFileAtomic(this.#path, `${JSON.stringify(content, undefined, 2)}\n`)
    this.#invites = invites.slice(-maxInvites)
  }
}

export function usesLeft({ uses, usedBy }: MadeInvite): number {
  return Math.max(0, uses - usedBy.length)
}

function isOpen(invite: MadeInvite, nowMs: number): boolean {
  return invite.expiresAtMs > nowMs && (invite.role === null || usesLeft(invite) > 0)
}

function load(path: string, swarm: RecordId, log: Log): readonly MadeInvite[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ err, path }, 'the invites made here cannot be read')
    return []
  }
  try {
    const file = fileSchema.parse(parseSecretJson(text))
    return file.swarm === swarm ? file.invites : []
  } catch (err) {
    log.warn({ err, path }, 'the invites made here are damaged: they can no longer be used, make new ones')
    return []
  }
}
