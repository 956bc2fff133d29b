import type { PinView } from '../../shared/pinning-views.ts'
import type { FakeSwarm } from './fake-client.ts'
import { fakeCid, fakePeer, fakeRecord } from './fake-ids.ts'

/** Copies elsewhere, a stick on its way, and what hangs on keys: what stands in panels and dialogs of a scripted swarm. */
export function addCare(swarm: FakeSwarm, nowMs: number): void {
  const [file] = swarm.shares.all()
  if (file !== undefined) {
    swarm.shares.put({ ...file, local: true, own: true, channel: null })
    const pin = (service: string, change: Partial<PinView>): PinView => ({
      id: `${service}/${file.cid}`,
      service,
      cid: file.cid,
      name: file.name,
      state: 'pinned',
      details: null,
      sinceMs: nowMs - 600_000,
      checkedAtMs: nowMs - 95_000,
      problem: null,
      ...change,
    })
    swarm.pinning.pins.put(
      pin('lab-cluster', {}),
      pin('pinata', { state: 'failed', details: 'no peer that has the file could be reached' }),
      pin('web3', {
        state: 'queued',
        problem: 'The pinning service "web3" did not do it: it was asked too often and wants 60 s of rest.',
      }),
    )
  }
  const [, second, third] = swarm.shares.all()
  if (second !== undefined && third !== undefined) {
    const one = { copies: 1, risk: 'high' } as const
    const why = (share: typeof second, words: string): string => `only copy, on ${share.originName}, ${words}`
    const elsewhere = { local: false, kept: false, own: false }
    swarm.shares.put(
      { ...second, ...elsewhere, safety: { ...one, aliveCopies: 1, why: why(second, 'battery 12 %') } },
      {
        ...third,
        ...elsewhere,
        safety: { ...one, aliveCopies: 0, why: why(third, 'which has been silent for 3 h') },
      },
    )
  }
  swarm.archive.view = {
    archive: { kind: 'all' },
    copies: 2,
    keptFiles: 4_120,
    keptBytes: 812_000_000_000,
    waitingFiles: 96,
    waitingBytes: 40_200_000_000,
    problem: null,
  }
  swarm.pinning.services = [
    { name: 'lab-cluster', endpoint: 'https://cluster.lab.example/psa', hasToken: true, problem: null, pins: 412 },
    { name: 'pinata', endpoint: 'https://api.pinata.cloud/psa', hasToken: true, problem: null, pins: 1 },
    { name: 'spare', endpoint: 'http://127.0.0.1:9097', hasToken: false, problem: null, pins: 0 },
    {
      name: 'web3',
      endpoint: 'https://pins.web3.example/api/v1',
      hasToken: true,
      problem: 'The pinning service "web3" did not do it: it was asked too often and wants 60 s of rest.',
      pins: 17,
    },
  ]
  swarm.courier.next = {
    kind: 'export',
    dir: '/media/ann/STICK',
    state: 'running' as const,
    step: 'writing run-17/left-camera.bag',
    files: 41,
    doneFiles: 12,
    bytes: 9_400_000_000,
    doneBytes: 3_100_000_000,
    knownFiles: 6,
    leftOutFiles: 2,
    leftOut: [
      { cid: fakeCid(9_101), name: 'run-3/old.bag', why: 'it is not here: fetch it first' },
      { cid: fakeCid(9_102), name: 'exam.bag', why: 'it is meant for the file channel exam alone' },
    ],
    records: null,
    error: null,
  }
  const grants = Array.from({ length: 7 }, (_, i) => ({
    recordId: fakeRecord(8_100 + i),
    peer: fakePeer(600 + i),
    name: i === 6 ? null : `duckie${60 + i}`,
    roles: [i === 5 ? ('server' as const) : ('robot' as const)],
    revokes: false,
  }))
  const ban = { recordId: fakeRecord(8_200), peer: fakePeer(700), name: 'rogue', roles: [], revokes: true }
  for (const { peer } of swarm.desk.trust.members) swarm.desk.resting.set(peer, [...grants, ban])
}
