import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/main/base/clock.ts'
import { Counters } from '../../src/main/base/counters.ts'
import { silentLog } from '../../src/main/base/log.ts'
import { Database } from '../../src/main/store/database.ts'
import { openIdentity } from '../../src/main/store/identity-store.ts'
import { RecordBook } from '../../src/main/store/record-book.ts'
import { openSwarm } from '../../src/main/store/swarm-store.ts'
import type { RecordId } from '../../src/shared/ids.ts'

const writer = join(import.meta.dirname, 'fixtures/store-writer.ts')
const kills = 50
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dt-swarm-crash-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

interface Said {
  readonly id: RecordId
  readonly seq: number
  readonly machineSeq: number
}

/** Lets the writer run, kills it after it has said `lines` lines and `extraMs` more, and gives back whole lines. */
async function writeAndKill(lines: number, extraMs: number): Promise<Said[]> {
  const child = spawn(process.execPath, [writer, home], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let errors = ''
  let due = false
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (due || text.split('\n').length <= lines) return
    due = true
    // The moment of the kill is the input of this test, not a wait for something.
    setTimeout(() => child.kill('SIGKILL'), extraMs)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect({ code, signal, errors: signal === 'SIGKILL' ? '' : errors }).toEqual({
    code: null,
    signal: 'SIGKILL',
    errors: '',
  })
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [id = '', seq, machineSeq] = line.split(' ')
      return { id: id as RecordId, seq: Number(seq), machineSeq: Number(machineSeq) }
    })
}

it(`keeps all that was acknowledged through ${kills} kills at random moments, and never gives a seq out twice`, async () => {
  const said: Said[] = []
  for (let kill = 0; kill < kills; kill++) {
    const now = await writeAndKill(1 + (kill % 7) * 5, Math.random() * 20)
    expect(now.length).toBeGreaterThan(0)
    said.push(...now)
    const counters = new Counters()
    const base = { clock: systemClock, log: silentLog, counters }
    // That it opens also shows that a killed holder leaves no lock behind.
    const database = Database.open(base, { home })
    try {
      const identity = openIdentity({ home })
      const swarm = openSwarm(home, { ...base, identity })
      const book = new RecordBook({ ...base, database, identity, swarm })
      const lost = said.filter(({ id, seq }) => book.get(id)?.record.body.seq !== seq)
      expect(lost).toEqual([])
      expect(book.latest('machines', book.self, 'self')?.record.body.seq).toBeGreaterThanOrEqual(
        now.at(-1)?.machineSeq ?? 0,
      )
      expect(counters.snapshot()).toEqual({})
    } finally {
      database.close()
    }
  }
  for (const [i, { seq, machineSeq }] of said.entries()) {
    const before = said[i - 1]
    if (before === undefined) continue
    expect(seq).toBeGreaterThan(before.seq)
    expect(machineSeq).toBeGreaterThan(before.machineSeq)
  }
})
