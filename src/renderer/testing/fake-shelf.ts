import type { RecordView } from '../../shared/record-views.ts'
import type { CheckpointView } from '../../shared/checkpoint-views.ts'
import { fakeRecord } from './fake-ids.ts'
import { found, mutable, wholeOf, type Guard, type LineSignal } from './fake-guard.ts'
import { fakeRecordView, fakeSigner, summaryOf } from './fake-records.ts'
import { fakeCheckpoint } from './fake-checkpoints.ts'
import { FakeList } from './fake-swarm.ts'

/** The records of a scripted swarm, by id in the order in which they came. */
export class FakeShelf {
  readonly records: FakeList<RecordView>
  readonly checkpoints: FakeList<CheckpointView>

  constructor(records: readonly RecordView[], checkpoints: readonly CheckpointView[]) {
    this.records = new FakeList<RecordView>((record) => record.id, records)
    this.checkpoints = new FakeList<CheckpointView>((checkpoint) => checkpoint.root, checkpoints)
  }
}

export function recordRoutes(guard: Guard, { records }: FakeShelf, line: LineSignal) {
  return {
    summary: guard.records.summary.handler(() => summaryOf(records.all(), Date.now())),
    watch: guard.records.watch.handler(async function* ({ signal }) {
      for await (const all of wholeOf(records, signal, line())) yield summaryOf(all, Date.now())
    }),
    list: guard.records.list.handler(({ input }) => {
      const { bucket, author, state, search = '', after, limit } = input
      const words = search.toLowerCase()
      const matching = records
        .all()
        .filter(
          (record) =>
            (bucket === undefined || record.bucket === bucket) &&
            (author === undefined || record.author === author) &&
            (state === undefined || record.state === state) &&
            `${record.key} ${record.authorName} ${record.author} ${JSON.stringify(record.value)}`
              .toLowerCase()
              .includes(words),
        )
      const from = after === undefined ? 0 : Number(after)
      return {
        records: matching.slice(from, from + limit),
        next: from + limit < matching.length ? String(from + limit) : null,
      }
    }),
    get: guard.records.get.handler(({ input, errors }) => {
      const record = records.get(input.id)
      if (record === undefined) throw errors.NOT_FOUND({ message: 'This peer holds no record of that id.' })
      return record
    }),
    propose: guard.records.propose.handler(({ input }) => {
      const nowMs = Date.now()
      const made = fakeRecordView(0, nowMs, {
        id: fakeRecord(60_000 + records.all().length),
        bucket: input.bucket,
        key: input.key,
        value: input.value,
        validFromMs: nowMs,
        validUntilMs: nowMs + input.validForMs,
        receivedAtMs: nowMs,
        how: 'self',
        from: null,
        fromName: null,
        channel: null,
        hops: 0,
      })
      records.put(made)
      return made
    }),
    attest: guard.records.attest.handler(({ input }) => {
      const record = found(records.get(input.id), 'record')
      const mine = fakeSigner(1_000, Date.now(), {
        name: 'lab-laptop',
        verdict: input.verdict,
        atMs: Date.now(),
        roles: ['operator'],
        standing: 'root',
      })
      const endorsed = input.verdict === 'endorse'
      const changed: RecordView = {
        ...record,
        signers: [...record.signers, mine],
        state: endorsed ? 'accepted' : 'dismissed',
        stateReason: endorsed ? 'endorsed by 2 operators' : 'dismissed by lab-laptop (operator)',
        mayEndorse: false,
        mayDismiss: endorsed,
      }
      records.put(changed)
      return changed
    }),
  }
}

export function checkpointRoutes(guard: Guard, { checkpoints }: FakeShelf, line: LineSignal) {
  return {
    list: guard.checkpoints.list.handler(() => checkpoints.all()),
    watch: guard.checkpoints.watch.handler(({ signal }) => mutable(checkpoints.watch(signal, line()))),
    get: guard.checkpoints.get.handler(({ input }) => found(checkpoints.get(input.root), 'checkpoint')),
    create: guard.checkpoints.create.handler(() => {
      const made = fakeCheckpoint(100 + checkpoints.all().length, Date.now(), {
        atMs: Date.now(),
        records: 12_414,
        difference: { missingHere: 0, newHere: 0 },
      })
      checkpoints.put(made)
      return made
    }),
    verify: guard.checkpoints.verify.handler(({ input }) => {
      const { believable, records } = found(checkpoints.get(input.root), 'checkpoint')
      return {
        root: input.root,
        good: believable,
        records,
        signatures: records + 310,
        problems: believable ? [] : ['chunk 3: 2 signatures do not match'],
        tookMs: 1_840,
      }
    }),
    save: guard.checkpoints.save.handler(({ input }) => ({
      path: `/home/ana/Downloads/${input.root.slice(-8)}.car`,
      bytes: 5_084_000,
    })),
    import: guard.checkpoints.import.handler(() => {
      const made = fakeCheckpoint(200, Date.now(), { own: false })
      checkpoints.put(made)
      return { root: made.root, added: 214, known: 12_186, refused: { expired: 12 } }
    }),
  }
}
