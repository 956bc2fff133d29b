import type { PeerId, RecordId } from '../../../shared/ids.ts'
import { encodeSigned } from '../../model/record-codec.ts'
import { toDagJson } from '../../model/record-json.ts'
import type { BucketName } from '../../model/bucket.ts'
import type { StoredRecord } from '../../store/record-store.ts'

/** Decisions about the swarm matter whoever made them. */
const forAll: ReadonlySet<BucketName> = new Set(['trust', 'releases', 'rollouts', 'rollout-control'])
/** Some 25 an minute come from this peer and its neighbours, 64 at most; a burst of shares must not drive them all out. */
const maxRecords = 1_000
const maxBytes = 2 * 1_024 * 1_024
/** Somewhat more than the longest stretch that is saved. */
const keptMs = 65 * 60_000

export interface SliceDeps {
  readonly self: PeerId
  readonly swarm: () => RecordId
  readonly neighbours: () => readonly PeerId[]
  readonly nameOf: (peer: PeerId) => string
}

/**
 * What this peer and its neighbours said lately. The records themselves keep only the newest word of each; here are those
 * before it as well.
 */
export class RecordSlice {
  readonly #deps: SliceDeps
  #held: StoredRecord[] = []
  #bytes = 0
  #lost = 0

  constructor(deps: SliceDeps) {
    this.#deps = deps
  }

  add(records: readonly StoredRecord[], nowMs: number): void {
    const near = new Set<PeerId>([this.#deps.self, ...this.#deps.neighbours()])
    for (const stored of records) {
      const { author, bucket } = stored.record.body
      if (!near.has(author) && !forAll.has(bucket)) continue
      this.#held.push(stored)
      this.#bytes += stored.sizeBytes
    }
    const over = this.#held.findIndex(({ arrival, sizeBytes }, at) => {
      const isOver = this.#held.length - at > maxRecords || this.#bytes > maxBytes
      const isOld = arrival.receivedAtMs < nowMs - keptMs
      if (isOver || isOld) this.#bytes -= sizeBytes
      if (isOver && !isOld) this.#lost += 1
      return !isOver && !isOld
    })
    if (over > 0) this.#held.splice(0, over)
    else if (over < 0) this.#held = []
  }

  clear(): void {
    this.#held = []
    this.#bytes = 0
    this.#lost = 0
  }

  /**
   * Those that came in that time, and what is given besides, as a JSON document: each for people, and as it was signed
   * (`signed`: DAG-CBOR of body, signature and attestations, in base64), so that anybody can check it.
   */
  toJson(
    fromMs: number,
    toMs: number,
    besides: readonly StoredRecord[],
  ): { readonly text: string; readonly records: number } {
    const { self, swarm, nameOf } = this.#deps
    const chosen = new Map<RecordId, StoredRecord>()
    for (const stored of besides.slice(0, maxRecords)) chosen.set(stored.record.id, stored)
    for (const stored of this.#held) {
      const { receivedAtMs } = stored.arrival
      if (receivedAtMs >= fromMs && receivedAtMs <= toMs) chosen.set(stored.record.id, stored)
    }
    const records = [...chosen.values()].toSorted((a, b) => a.arrival.receivedAtMs - b.arrival.receivedAtMs)
    const document = {
      v: 1,
      swarm: swarm(),
      peer: self,
      fromMs,
      toMs,
      /** Beyond those that there was room for. */
      lost: this.#lost,
      records: records.map(({ record, arrival }) => ({
        id: record.id,
        bucket: record.body.bucket,
        key: record.body.key,
        author: record.body.author,
        authorName: nameOf(record.body.author),
        seq: record.body.seq,
        validFromMs: record.body.validFrom,
        validUntilMs: record.body.validUntil,
        receivedAtMs: arrival.receivedAtMs,
        via: arrival.via,
        from: arrival.from,
        value: toDagJson(record.body.value),
        signed: Buffer.from(encodeSigned(record)).toString('base64'),
      })),
    }
    return { text: `${JSON.stringify(document, undefined, 1)}\n`, records: records.length }
  }
}
