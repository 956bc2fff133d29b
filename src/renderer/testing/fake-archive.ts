import type { ArchiveView } from '../../shared/file-views.ts'
import type { FakeFiles } from './fake-files.ts'
import type { Guard } from './fake-guard.ts'

/** An archive whose state a test says. */
export class FakeArchive {
  view: ArchiveView = {
    archive: { kind: 'off' },
    copies: 1,
    keptFiles: 3,
    keptBytes: 1_200_000_000,
    waitingFiles: 0,
    waitingBytes: 0,
    problem: null,
  }
  /** What was to be rescued. */
  readonly rescued: string[] = []
  /** So many more can wait to be fetched. */
  room = 10_000
}

export function archiveRoutes(guard: Guard, fake: FakeArchive, files: FakeFiles) {
  return {
    status: guard.archive.status.handler(() => fake.view),
    rescue: guard.archive.rescue.handler(({ input: { cids, risk } }) => {
      const bad = risk === 'high' ? ['high'] : ['high', 'low']
      const all = files.shares.all().filter((share) => cids?.includes(share.cid) ?? bad.includes(share.safety.risk))
      const meant = all.slice(0, fake.room)
      fake.rescued.push(...meant.map(({ cid }) => cid))
      for (const share of meant) files.shares.put({ ...share, kept: true })
      const missing = meant.filter((share) => !share.local)
      const group = { id: 'rescue', name: 'Rescue' }
      const transfers = missing.map(({ cid }) => files.fetch(cid, { id: `rescue-${cid}`, priority: 'high', group }))
      return { transfers, here: meant.length - missing.length, more: all.length - meant.length }
    }),
  }
}
