import { arch, platform, release } from 'node:os'
import { z } from 'zod'
import { maxWantedCopies } from '../../../shared/file-views.ts'
import { robotSchema, roleSchema, type RobotFacts, type Role } from '../../../shared/views.ts'
import type { CborMap } from '../../model/cbor.ts'

/** What a machine says of itself in its `machines` record, key `self`. */
export interface MachineFacts {
  readonly name: string
  readonly role: Role
  readonly version: string
  readonly robot: RobotFacts | null
  /** A lab robot: a real peer with a simulated body. */
  readonly simulated: boolean
  /** "linux 6.1 arm64". */
  readonly os: string
  /** Multiaddresses, each with the PeerId. */
  readonly addresses: readonly string[]
  readonly startedAtMs: number
  /** How often it speaks at the latest, in ms: silence is measured in this. */
  readonly announceEveryMs: number
  /** A goodbye: it stops now, on purpose. */
  readonly leaving: boolean
  /** By how much its own clock is off swarm time (ahead: positive); null while it does not know. */
  readonly clockSkewMs: number | null
  /** The version of the trust root that it believes, and `TrustState.fingerprint`; null before it believes one. */
  readonly rootVersion: number | null
  readonly trustFingerprint: string | null
  /** It keeps what others share, by its owner's wish. */
  readonly archive: boolean
  /** It fetches by itself what has fewer copies; 1: it does not, or has no room for more. */
  readonly copies: number
}

/** More than any host has; a record must stay small for a thousand of them to be passed around. */
const maxAddresses = 16
const word = (max: number) => z.string().min(1).max(max)

const recordValue = z.object({
  name: word(63),
  role: roleSchema,
  version: word(64),
  robot: robotSchema
    .extend({ type: word(40), configuration: word(40), hardware: word(40) })
    .nullable()
    .optional(),
  simulated: z.boolean().default(false),
  os: z.string().max(120).default(''),
  addresses: z.array(z.string().max(256)).max(maxAddresses).default([]),
  startedAtMs: z.number().int().nonnegative(),
  // A machine that says it speaks every week would never be missed; one that says 1 ms would always be.
  announceEveryMs: z.number().min(100).max(3_600_000),
  leaving: z.boolean().default(false),
  // A clock that began in 1970 is 60 years behind.
  clockSkewMs: z.number().int().min(-1e13).max(1e13).nullable().default(null),
  rootVersion: z.number().int().min(1).max(0xffff_ffff).nullable().default(null),
  trustFingerprint: z.hex().max(64).nullable().default(null),
  // What another version says of these in its own way must not hide the machine.
  archive: z.boolean().catch(false),
  copies: z.number().int().min(1).max(maxWantedCopies).catch(1),
})

export function encodeMachine(facts: MachineFacts): CborMap {
  return {
    name: facts.name,
    role: facts.role,
    version: facts.version,
    ...(facts.robot === null ? {} : { robot: { ...facts.robot } }),
    ...(facts.simulated ? { simulated: true } : {}),
    os: facts.os,
    addresses: facts.addresses.slice(0, maxAddresses),
    startedAtMs: facts.startedAtMs,
    announceEveryMs: facts.announceEveryMs,
    ...(facts.leaving ? { leaving: true } : {}),
    ...(facts.clockSkewMs === null ? {} : { clockSkewMs: Math.round(facts.clockSkewMs) }),
    ...(facts.rootVersion === null ? {} : { rootVersion: facts.rootVersion }),
    ...(facts.trustFingerprint === null ? {} : { trustFingerprint: facts.trustFingerprint }),
    ...(facts.archive ? { archive: true } : {}),
    ...(facts.copies > 1 ? { copies: facts.copies } : {}),
  }
}

/** Undefined when the value is not one: a peer's bad input, to be counted. Names lose their control characters. */
export function decodeMachine(value: CborMap): MachineFacts | undefined {
  const parsed = recordValue.safeParse(value)
  if (!parsed.success) return undefined
  const name = parsed.data.name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').trim()
  if (name === '') return undefined
  return { ...parsed.data, name, robot: parsed.data.robot ?? null }
}

/** This machine's system, as shown: "linux 6.1 arm64". */
export function systemWords(): string {
  return `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`
}
