import type { PeerId, RecordId } from '../../../../shared/ids.ts'
import { Emitter } from '../../../base/emitter.ts'
import type { BucketName } from '../../../model/bucket.ts'
import { evaluateTrust } from '../../../model/trust-evaluate.ts'
import type { RecordBookEvents } from '../../../store/record-book-init.ts'
import type { StoredRecord } from '../../../store/record-store.ts'
import { trustedSwarm } from '../../../store/testing/trusted.ts'
import type { ApiBook } from '../api-peer.ts'

/** Records as they are given, all accepted; nothing can be signed. Where that matters a test takes a real book. */
export class MemoryBook implements ApiBook {
  readonly records: StoredRecord[] = []
  readonly events = new Emitter<RecordBookEvents>()
  readonly index = { ready: true, fingerprint: () => '00'.repeat(16) }
  readonly self: PeerId
  readonly #trust: ReturnType<ApiBook['trust']>

  constructor(self: PeerId) {
    this.self = self
    const { anchor, records } = trustedSwarm([], { atMs: Date.now() - 60_000 })
    this.#trust = evaluateTrust({ anchor, records, now: Date.now() })
  }

  readonly trust: ApiBook['trust'] = () => this.#trust
  readonly state: ApiBook['state'] = () => ({ state: 'accepted', reason: 'everything is accepted in this test' })
  readonly growth: ApiBook['growth'] = () => []
  readonly get: ApiBook['get'] = (id) => this.records.find(({ record }) => record.id === id)
  readonly author: ApiBook['author'] = () => unsigned()
  readonly attest: ApiBook['attest'] = () => unsigned()

  counts(): ReturnType<ApiBook['counts']> {
    return [{ bucket: 'files', kind: 'set', records: this.records.length, bytes: 100 }]
  }

  idsPage(bucket: BucketName, after: RecordId | null, limit: number, author?: PeerId): readonly RecordId[] {
    return this.records
      .filter(({ record }) => record.body.bucket === bucket && (after === null || record.id > after))
      .filter(({ record }) => author === undefined || record.body.author === author)
      .map(({ record }) => record.id)
      .sort()
      .slice(0, limit)
  }

  getMany(ids: readonly RecordId[]): readonly StoredRecord[] {
    return ids.flatMap((id) => this.get(id) ?? [])
  }
}

function unsigned(): never {
  throw new Error('the peer of this test signs nothing')
}
