import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const statusSchema = z.enum(['queued', 'pinning', 'pinned', 'failed'])
/** `Pin` of the specification, to the letter: what else is in it is refused. */
const pinSchema = z.strictObject({
  cid: z.string().min(1),
  name: z.string().max(255).optional(),
  origins: z
    .array(z.string().startsWith('/'))
    .max(20)
    .refine((all) => new Set(all).size === all.length)
    .optional(),
  meta: z.record(z.string(), z.string()).optional(),
})
const querySchema = z.strictObject({
  cid: z.array(z.string()).max(10).optional(),
  status: z.array(statusSchema).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  before: z.iso.datetime({ offset: true }).optional(),
})

export interface ServedPin {
  readonly requestid: string
  readonly created: string
  readonly pin: z.infer<typeof pinSchema>
  status: z.infer<typeof statusSchema>
  info?: Record<string, string>
}

/**
 * A pinning service on loopback that follows the OpenAPI document of the specification, version 1.0, and refuses what it
 * does not allow: such requests are in `violations`.
 */
export class PinServer {
  readonly token = randomUUID()
  readonly pins: ServedPin[] = []
  readonly violations: string[] = []
  /** "METHOD path", in order, without queries. */
  readonly asked: string[] = []
  delegates: string[] = ['/ip4/127.0.0.1/tcp/1/p2p/12D3KooWAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']
  /** Answers instead, when it does not return false. */
  instead: (request: IncomingMessage, response: ServerResponse) => unknown = () => false
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/psa`
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://here')
    this.asked.push(`${request.method} ${url.pathname}`)
    if (this.instead(request, response) !== false) return
    const say = (status: number, body?: object): void => {
      response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    const refuse = (status: number, reason: string, details: string): void =>
      say(status, { error: { reason, details } })
    const violated = (what: string): void => {
      this.violations.push(`${request.method} ${request.url}: ${what}`)
      refuse(400, 'BAD_REQUEST', what)
    }
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return refuse(401, 'UNAUTHORIZED', `the token ${request.headers.authorization?.slice(7)} is invalid`)
    }
    const [, id] = /^\/psa\/pins(?:\/([^/]+))?$/.exec(url.pathname) ?? [null, null]
    if (id === null) return refuse(404, 'NOT_FOUND', 'no such path')
    if (request.method === 'POST' && id === undefined) {
      if (request.headers['content-type'] !== 'application/json') return violated('the body is not said to be JSON')
      let text = ''
      for await (const part of request) text += String(part)
      const pin = pinSchema.safeParse(JSON.parse(text))
      if (!pin.success) return violated(pin.error.message)
      // Each is younger than the one before by a millisecond at least: paging goes by it.
      const created = new Date(1_700_000_000_000 + this.pins.length).toISOString()
      const served: ServedPin = { requestid: randomUUID(), created, pin: pin.data, status: 'queued' }
      this.pins.push(served)
      return say(202, this.#view(served))
    }
    if (request.method === 'GET' && id === undefined) return this.#list(url, say, violated)
    const found = this.pins.find(({ requestid }) => requestid === id)
    if (found === undefined) return refuse(404, 'NOT_FOUND', 'The specified resource was not found')
    if (request.method === 'GET') return say(200, this.#view(found))
    if (request.method !== 'DELETE') return violated('no such method')
    this.pins.splice(this.pins.indexOf(found), 1)
    say(202)
  }

  #list(url: URL, say: (status: number, body: object) => void, violated: (what: string) => void): void {
    const given = Object.fromEntries(
      [...new Set(url.searchParams.keys())].map((key) => {
        const values = url.searchParams.getAll(key)
        return [key, key === 'cid' || key === 'status' ? values : values[0]]
      }),
    )
    const query = querySchema.safeParse(given)
    if (!query.success) return violated(query.error.message)
    const { cid, status = ['pinned'], limit = 10, before } = query.data
    const all = this.pins
      .filter((one) => (cid?.includes(one.pin.cid) ?? true) && status.includes(one.status))
      .filter((one) => before === undefined || one.created < before)
      .toReversed()
    say(200, { count: all.length, results: all.slice(0, limit).map((one) => this.#view(one)) })
  }

  #view({ requestid, created, pin, status, info }: ServedPin): object {
    return { requestid, status, created, pin, delegates: this.delegates, ...(info === undefined ? {} : { info }) }
  }
}
