import { OpenAPIHandler } from '@orpc/openapi/node'
import { ORPCError } from '@orpc/server'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { toApiError } from '../api/api-errors.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { createContext, type ApiContext } from '../api/context.ts'
import type { ApiRouter } from '../api/router.ts'
import { readJsonBody } from './json-body.ts'
import { sendError } from './reply.ts'

/** Live streams over plain HTTP at once, of all scripts together. */
const maxHttpLive = 64

/** The contract's calls as plain HTTP below `/api`: `GET /api/fleet`, `POST /api/files/{cid}/fetch`, … */
export class Calls {
  readonly #handler: OpenAPIHandler<ApiContext>
  readonly #context = createContext(maxHttpLive)

  constructor(router: ApiRouter, peer: Pick<ApiPeer, 'log' | 'counters'>) {
    this.#handler = new OpenAPIHandler<ApiContext>(router, {
      interceptors: [
        async (call) => {
          try {
            return await call.next()
          } catch (error) {
            const bare = error instanceof ORPCError && error.defined
            throw bare ? error : toApiError(error, `${call.request.method} ${call.request.url.pathname}`, peer)
          }
        },
      ],
    })
  }

  /** @throws SwarmError for a body that cannot be read */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const body = await readJsonBody(request)
      // The handler takes a body that was read already, as frameworks leave it; null stands for none.
      Object.assign(request, { body: body ?? null })
    }
    response.setHeader('cache-control', 'no-store')
    const { matched } = await this.#handler.handle(request, response, { prefix: '/api', context: this.#context })
    if (!matched) {
      const path = (request.url ?? '').split('?')[0]
      sendError(request, response, 'NOT_FOUND', `there is no call ${request.method} ${path}: see /api/openapi.json`)
    }
  }
}
