import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SwarmError } from '../../shared/errors.ts'
import type { RecordId } from '../../shared/ids.ts'
import { recordIdSchema } from '../../shared/ids-schema.ts'
import { trustRoleSchema, type TrustRole } from '../../shared/trust-views.ts'
import { makeFolderSync } from '../base/make-folder.ts'
import { decodeSigned, encodeSigned } from '../model/record-codec.ts'
import { verifyRecord, type SignedRecord } from '../model/record.ts'
import type { TrustAnchor } from '../model/trust.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { parseSecretJson } from './safe-json.ts'
import { storeError } from './store-error.ts'

/** What this peer asks of a swarm it is a stranger in, and what it came with. */
export interface SwarmAsk {
  readonly role: TrustRole
  /** The id of the invite; null when it was given none that admits. */
  readonly invite: string | null
  /** HMAC-SHA256 of the invite's secret over this peer's key; null without one. */
  readonly proof: Uint8Array | null
}

/** Which swarm this home belongs to, and what is needed to find and believe it. */
export interface SwarmFile {
  readonly anchor: TrustAnchor
  /** As the invite, or later the root record, says. */
  readonly name: string
  /** 32 bytes; null: anybody may connect. Never logged, never sent but in an invite. */
  readonly networkKey: Uint8Array | null
  /** Multiaddresses of the invite: where to look for the swarm besides the settings' own. */
  readonly bootstrap: readonly string[]
  readonly ask: SwarmAsk | null
  /** The latest swarm time seen, ms since the epoch: no clock of this swarm can be before it. 0 before the first. */
  readonly lastTimeMs: number
  /** When the invite ends by which one came, ms since the epoch; none where there was none, or an earlier release wrote. */
  readonly inviteEndsMs?: number | undefined
  /**
   * The record of `anchor.root` once it was here, so that a lost database does not lose a swarm of one peer; null for
   * one that just joined.
   */
  readonly rootRecord: SignedRecord | null
}

export const networkKeyBytes = 32

const bytesOf = (length: number) =>
  z
    .base64()
    .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
    .refine((bytes) => bytes.length === length, `${length} bytes`)

const fileSchema = z.strictObject({
  v: z.literal(1),
  swarm: recordIdSchema,
  root: recordIdSchema,
  rootVersion: z.number().int().min(1),
  name: z.string().min(1).max(63),
  networkKey: bytesOf(networkKeyBytes).nullable(),
  bootstrap: z.array(z.string().max(512)).max(64),
  ask: z
    .strictObject({ role: trustRoleSchema, invite: z.string().max(64).nullable(), proof: bytesOf(32).nullable() })
    .nullable(),
  lastTimeMs: z.number().int().min(0),
  inviteEndsMs: z.number().int().min(0).optional(),
  // 64 KiB in base64.
  rootRecord: z.base64().max(90_000).nullable(),
})

export function swarmPath(home: string): string {
  return join(home, 'swarm.json')
}

/**
 * The swarm of a home; undefined when it has none yet. With a damaged file the swarm itself would be lost, so it is
 * never overwritten: throws SWARM_UNREADABLE.
 */
export function readSwarm(home: string): SwarmFile | undefined {
  const path = swarmPath(home)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, 'it cannot be opened', error)
  }
  let file: z.infer<typeof fileSchema>
  try {
    file = fileSchema.parse(parseSecretJson(text))
  } catch (error) {
    throw unreadable(path, 'it is damaged', error)
  }
  const { swarm, root, rootVersion, rootRecord: encoded, v: _v, ...rest } = file
  const rootRecord = encoded === null ? null : decodeRoot(path, Buffer.from(encoded, 'base64'), swarm)
  if (rootRecord !== null && rootRecord.id !== root) throw unreadable(path, 'its root record is another one')
  return { ...rest, anchor: { swarm, root, rootVersion }, rootRecord }
}

/** Writes the swarm of a home, whole or not at all; readable by its owner alone, because of the network key. */
export function writeSwarm(home: string, file: SwarmFile): void {
  const { anchor, rootRecord, networkKey, ask } = file
  const content: z.input<typeof fileSchema> = {
    v: 1,
    swarm: anchor.swarm,
    root: anchor.root,
    rootVersion: anchor.rootVersion,
    name: file.name,
    networkKey: networkKey === null ? null : base64(networkKey),
    bootstrap: [...file.bootstrap],
    ask: ask === null ? null : { ...ask, proof: ask.proof === null ? null : base64(ask.proof) },
    lastTimeMs: Math.max(0, Math.trunc(file.lastTimeMs)),
    ...(file.inviteEndsMs === undefined ? {} : { inviteEndsMs: file.inviteEndsMs }),
    rootRecord: rootRecord === null ? null : base64(encodeSigned(rootRecord)),
  }
  const parsed = fileSchema.safeParse(content)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new SwarmError('INVALID_INPUT', `A swarm's ${issue?.path.join('.') ?? 'file'} is refused: ${issue?.message}`)
  }
  try {
    makeFolderSync(home, { mode: 0o700 })
  } catch (error) {
    throw storeError(error, home)
  }
  writeFileAtomic(swarmPath(home), `${JSON.stringify(content, undefined, 2)}\n`)
}

function decodeRoot(path: string, bytes: Uint8Array, swarm: RecordId): SignedRecord {
  const decoded = decodeSigned(bytes)
  if (decoded.kind !== 'ok' || !verifyRecord(decoded.record, swarm))
    throw unreadable(path, 'its root record is damaged')
  return decoded.record
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function unreadable(path: string, why: string, cause?: unknown): SwarmError {
  return new SwarmError(
    'SWARM_UNREADABLE',
    `${path}, which says what swarm this peer is in, cannot be used: ${why}. Restore it from a backup; or move it away and join the swarm with a new invite. To found a new one move swarm.db away too.`,
    { cause, detail: { path } },
  )
}
