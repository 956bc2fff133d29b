import { z } from 'zod'
import { SwarmError, type SwarmErrorCode } from '../../../shared/errors.ts'

/** Where to ask, and with what; the token is sent and never told. */
export interface PinApiInit {
  readonly name: string
  /** See `pinEndpoint`. */
  readonly endpoint: string
  readonly token: string | null
  /** Default 20 s. */
  readonly timeoutMs?: number
}

export interface PinRequest {
  readonly cid: string
  readonly name: string
  /** Multiaddresses of who has it. */
  readonly origins: readonly string[]
}

const statuses = ['queued', 'pinning', 'pinned', 'failed'] as const
/** What is kept of words that a service sends. */
const words = z.string().transform((text) => plain(text).slice(0, 300))

/** PinStatus of the specification, what is used of it; a service may say more. */
const pinStatusSchema = z.object({
  requestid: z.string().min(1).max(512),
  status: z.enum(statuses),
  created: z.string().max(64),
  pin: z.object({ cid: z.string().max(256), name: z.string().max(1_024).nullish() }),
  delegates: z.array(z.string().max(1_024)).max(100).nullish(),
  info: z.record(z.string(), z.unknown()).nullish(),
})
const pinResultsSchema = z.object({ count: z.number().int().min(0), results: z.array(pinStatusSchema).max(1_000) })
const failureSchema = z.object({
  error: z.object({ reason: words.optional(), details: words.optional() }),
})

export interface PinStatus {
  readonly requestid: string
  readonly status: (typeof statuses)[number]
  readonly created: string
  readonly cid: string
  /** Multiaddresses to link to, so that it can come. */
  readonly delegates: readonly string[]
  readonly details: string | null
}

/** A page of a thousand with names, origins and metadata. */
const maxAnswerBytes = 4 * 1_024 * 1_024
/** Pages of a list: 20 times 1,000 pins of one file are no list. */
const maxPages = 20
const pageLimit = 100
/** A service that says "later" is believed between these. */
const leastRestMs = 1_000
const longestRestMs = 60 * 60_000

/** A request that a pinning service refused or did not answer. `restMs`: how long to leave it alone; null: no matter. */
export class PinServiceError extends SwarmError {
  readonly restMs: number | null

  constructor(code: SwarmErrorCode, message: string, restMs: number | null = null, cause?: unknown) {
    super(code, message, { cause })
    this.restMs = restMs
  }
}

/**
 * Client of the IPFS Pinning Service API 1.0 (https://github.com/ipfs/pinning-services-api-spec). What comes back is
 * checked: size, kind and shape; redirections are not followed, because the token would go along.
 * Calls reject with PinServiceError; its message names the service, never the token.
 */
export class PinApi {
  readonly #init: PinApiInit

  constructor(init: PinApiInit) {
    this.#init = init
  }

  /** Whether it answers as a pinning service and takes the token. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#call('GET', '/pins?limit=1', signal, pinResultsSchema)
  }

  async add({ cid, name, origins }: PinRequest, signal: AbortSignal): Promise<PinStatus> {
    const pin = { cid, name: cut(name), origins: [...new Set(origins)].slice(0, 20) }
    return statusOf(await this.#call('POST', '/pins', signal, pinStatusSchema, pin))
  }

  async get(requestid: string, signal: AbortSignal): Promise<PinStatus> {
    return statusOf(await this.#call('GET', `/pins/${encodeURIComponent(requestid)}`, signal, pinStatusSchema))
  }

  async remove(requestid: string, signal: AbortSignal): Promise<void> {
    await this.#call('DELETE', `/pins/${encodeURIComponent(requestid)}`, signal, null)
  }

  /** All requests for one file, in any state, the latest first. */
  async ofCid(cid: string, signal: AbortSignal): Promise<readonly PinStatus[]> {
    const found: PinStatus[] = []
    let before: string | null = null
    for (let page = 0; page < maxPages; page += 1) {
      const query = new URLSearchParams([
        ['cid', cid],
        ...statuses.map((status): [string, string] => ['status', status]),
        ['limit', String(pageLimit)],
        ...(before === null ? [] : [['before', before] as [string, string]]),
      ])
      const { count, results } = await this.#call('GET', `/pins?${query}`, signal, pinResultsSchema)
      found.push(...results.map(statusOf).filter((one) => one.cid === cid))
      const last = results.at(-1)
      // `count` is of all that match the filters, `before` included.
      if (last === undefined || count <= results.length || last.created === before) break
      before = last.created
    }
    return found
  }

  async #call<Answer>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    signal: AbortSignal,
    schema: z.ZodType<Answer>,
    body?: object,
  ): Promise<Answer>
  async #call(method: 'DELETE', path: string, signal: AbortSignal, schema: null): Promise<null>
  async #call<Answer>(
    method: string,
    path: string,
    signal: AbortSignal,
    schema: z.ZodType<Answer> | null,
    body?: object,
  ): Promise<Answer | null> {
    const { endpoint, token, timeoutMs = 20_000 } = this.#init
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      const response = await fetch(`${endpoint}${path}`, {
        method,
        redirect: 'manual',
        signal: AbortSignal.any([signal, deadline]),
        headers: {
          accept: 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const bytes = await this.#bytes(response)
      if (!response.ok) throw this.#refusal(response, bytes)
      if (schema === null) return null
      const parsed = schema.safeParse(jsonOf(bytes))
      if (parsed.success) return parsed.data
      const at = parsed.error.issues[0]?.path.join('.') ?? ''
      throw this.#error(
        'UNREACHABLE',
        `what it answers is not of the Pinning Service API${at === '' ? '' : ` (${at})`}: check the address`,
      )
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof PinServiceError) throw error
      if (deadline.aborted) throw this.#error('TIMEOUT', `it did not answer within ${timeoutMs / 1_000} s`)
      // Undici's own message may quote what was sent.
      const code =
        error instanceof Error && error.cause instanceof Error
          ? String((error.cause as NodeJS.ErrnoException).code ?? '')
          : ''
      throw this.#error(
        'UNREACHABLE',
        `it cannot be reached${code === '' ? '' : ` (${code})`}: check the address and this machine's way to it`,
      )
    }
  }

  async #bytes(response: Response): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of response.body ?? []) {
      size += part.length
      if (size > maxAnswerBytes)
        throw this.#error('TOO_LARGE', 'its answer is larger than any answer of the Pinning Service API')
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  #refusal(response: Response, bytes: Uint8Array): PinServiceError {
    const { status } = response
    const parsed = failureSchema.safeParse(jsonOf(bytes))
    const { reason, details } = parsed.success ? parsed.data.error : {}
    const said = details ?? reason
    const because = said === undefined || said === '' ? '' : `: "${this.#clean(said)}"`
    if (status >= 300 && status < 400) {
      return this.#error('UNREACHABLE', 'it sends elsewhere, where the token is not to go: give the address itself')
    }
    switch (status) {
      case 400:
        return this.#error('INVALID_INPUT', `it refuses the request${because}`)
      case 401:
      case 403:
        return this.#error('PERMISSION_DENIED', `it refuses the token (${status})${because}: give it a valid one`)
      case 404:
        return this.#error('NOT_FOUND', `it knows of no such thing${because}`)
      case 402:
      case 409:
        return this.#error('LIMIT_REACHED', `it takes no more for this account${because}`)
      case 413:
        return this.#error('TOO_LARGE', `it finds that too large${because}`)
      case 429: {
        const restMs = restOf(response.headers.get('retry-after'))
        return this.#error(
          'LIMIT_REACHED',
          `it was asked too often and wants ${Math.ceil(restMs / 1_000)} s of rest`,
          restMs,
        )
      }
      default:
        return this.#error('UNREACHABLE', `it answers with status ${status}${because}`, status >= 500 ? 30_000 : null)
    }
  }

  /** A service that sends the token back must not bring it into logs and screens. */
  #clean(said: string): string {
    const { token } = this.#init
    return token === null ? said : said.replaceAll(token, '…')
  }

  #error(code: SwarmErrorCode, why: string, restMs: number | null = null): PinServiceError {
    return new PinServiceError(code, `The pinning service "${this.#init.name}" did not do it: ${why}.`, restMs)
  }
}

function statusOf({ requestid, status, created, pin, delegates, info }: z.infer<typeof pinStatusSchema>): PinStatus {
  const details = info?.['status_details']
  return {
    requestid,
    status,
    created,
    cid: pin.cid,
    delegates: (delegates ?? []).slice(0, 20),
    details: typeof details === 'string' && details !== '' ? plain(details).slice(0, 300) : null,
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function restOf(header: string | null): number {
  const seconds = Number(header ?? '')
  const ms = Number.isFinite(seconds) && header !== null ? seconds * 1_000 : Date.parse(header ?? '') - Date.now()
  return Math.min(longestRestMs, Math.max(leastRestMs, Number.isFinite(ms) ? ms : 60_000))
}

/** A name of at most 255 signs, as the specification says; of a path its end tells most. */
function cut(name: string): string {
  return name.length <= 255 ? name : name.slice(-255).toWellFormed()
}

function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}
