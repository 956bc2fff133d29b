import { OpenAPIGenerator, type OpenAPI } from '@orpc/openapi'
import { JSON_SCHEMA_REGISTRY, ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { contract } from '../../../shared/contract/contract.ts'
import { cidSchema, peerIdSchema, recordIdSchema } from '../../../shared/ids-schema.ts'
import { transferSchema } from '../../../shared/views.ts'

const cid = { name: 'cid', in: 'path', required: true, schema: { type: 'string' } } as const
const error = (description: string) => ({ description })

/** The ways that bytes travel, which no RPC contract can describe. */
function filePaths(transfer: object): NonNullable<OpenAPI.Document['paths']> {
  const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } as const
  const content = {
    description: "The file's bytes, always as an attachment.",
    content: bytes,
  }
  return {
    '/files/upload': {
      put: {
        operationId: 'files.upload',
        summary: 'Share a file: its bytes are the body',
        parameters: [
          { name: 'name', in: 'query', required: true, schema: { type: 'string', maxLength: 1_024 } },
          {
            name: 'channel',
            in: 'query',
            schema: { type: 'string' },
            description: 'For those on a file channel alone.',
          },
        ],
        requestBody: {
          required: true,
          content: bytes,
        },
        responses: {
          200: { description: 'It is shared.', content: { 'application/json': { schema: transfer } } },
          400: error('INVALID_INPUT: the name cannot be used.'),
          413: error('TOO_LARGE'),
          429: error('LIMIT_REACHED: too many uploads at once.'),
          507: error('DISK_FULL'),
        },
      },
    },
    '/files/content': {
      get: {
        operationId: 'files.contentOf',
        summary: 'The bytes of whatever file a URI names; Range is understood',
        description:
          'What sha1:// names is compared when all of it is asked for: another file breaks off before its last bytes, and the next call tries the next file that is said to be it.',
        parameters: [
          {
            name: 'uri',
            in: 'query',
            required: true,
            schema: { type: 'string' },
            description: 'ipfs://CID/name, a CID, or sha1://HASH/name',
          },
          { name: 'name', in: 'query', schema: { type: 'string' }, description: 'The name to save it under.' },
          { name: 'Range', in: 'header', schema: { type: 'string' }, example: 'bytes=0-1023' },
        ],
        responses: {
          200: content,
          206: content,
          400: error('INVALID_INPUT: this is no URI of a file.'),
          404: error('NOT_FOUND: no record names such a file, and nobody who was asked has it.'),
          408: error('TIMEOUT: nobody who holds it answered.'),
          416: error('The range lies past the end.'),
          502: error('FETCH_FAILED'),
        },
      },
    },
    '/files/{cid}/content': {
      get: {
        operationId: 'files.content',
        summary: "A file's bytes, from this peer's store or from whoever has them; Range is understood",
        parameters: [
          cid,
          { name: 'name', in: 'query', schema: { type: 'string' }, description: 'The name to save it under.' },
          { name: 'Range', in: 'header', schema: { type: 'string' }, example: 'bytes=0-1023' },
        ],
        responses: {
          200: content,
          206: content,
          400: error('INVALID_INPUT: this is not a CID.'),
          408: error('TIMEOUT: nobody who holds it answered.'),
          416: error('The range lies past the end.'),
          502: error('FETCH_FAILED'),
        },
      },
    },
  }
}

/** The OpenAPI document of everything below `/api`, made from the contract. */
export async function openApiDocument(version: string): Promise<OpenAPI.Document> {
  for (const [schema, pattern] of [
    [peerIdSchema, '^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$'],
    [recordIdSchema, '^bafyrei[a-z2-7]{52}$'],
    [cidSchema, '^(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{20,120})$'],
  ] as const) {
    if (!JSON_SCHEMA_REGISTRY.has(schema)) JSON_SCHEMA_REGISTRY.add(schema, { type: 'string', pattern })
  }
  const converter = new ZodToJsonSchemaConverter()
  const generator = new OpenAPIGenerator({ schemaConverters: [converter] })
  const document = await generator.generate(contract, {
    info: {
      title: 'dt-swarm',
      version,
      description: 'One peer of the swarm. Times are milliseconds since the epoch, sizes bytes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: "The token in the file web-token of the peer's home." },
      },
    },
  })
  const [, transfer] = converter.convert(transferSchema, { strategy: 'output' })
  document.paths = { ...document.paths, ...filePaths(transfer) }
  return document
}
