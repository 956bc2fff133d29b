import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PeerId, RecordId } from '../../shared/ids.ts'
import { isAcceptedByHand, rolesByHand } from './testing/trust-by-hand.ts'
import type { SimPeer } from './testing/trust-sim.ts'
import { signers, World, worlds } from './testing/trust-world.ts'

/** What a person sees at a peer: whom it believes, and what counts. */
function seen(peer: SimPeer, now: number): unknown {
  const trust = peer.trust(now)
  const standings = signers.map(({ peerId }) => [trust.of(peerId).standing, [...trust.of(peerId).roles].sort()])
  const accepted = [...peer.held.values()].filter((record) => peer.stateOf(record, now).state === 'accepted')
  return {
    root: trust.root?.record.id,
    fingerprint: trust.fingerprint,
    standings,
    accepted: accepted.map(({ id }) => id).sort(),
  }
}

function states(peer: SimPeer, now: number): Map<RecordId, string> {
  return new Map([...peer.held].map(([id, record]) => [id, peer.stateOf(record, now).state]))
}

function checkAgreement(world: World): void {
  const { now } = world
  const [first, ...others] = world.peers as [SimPeer, ...SimPeer[]]
  const roots = new Set(world.peers.map((peer) => peer.trust(now).root?.record.id))
  // Two sides that rotated more than once apart stay apart; but not without a word.
  if (roots.size > 1) {
    const said = world.peers.flatMap((peer) => peer.trust(now).problems.map(({ code }) => code))
    expect(said).toContain('FORKED')
    return
  }
  for (const other of others) {
    expect(seen(other, now)).toEqual(seen(first, now))
    const theirs = states(other, now)
    for (const [id, state] of states(first, now)) if (theirs.has(id)) expect([id, theirs.get(id)]).toEqual([id, state])
  }
}

function checkPolicies(world: World): void {
  for (const peer of world.peers) {
    const records = peer.known()
    const root = peer.trust(world.now).root?.record.id ?? null
    for (const { peerId } of signers) {
      const { standing, roles } = peer.trust(world.now).of(peerId)
      const found = standing === 'revoked' ? ['revoked'] : [...roles].sort()
      expect([peerId, found]).toEqual([peerId, rolesByHand(peerId, { records, root, now: world.now })])
    }
    for (const record of peer.held.values()) {
      const { state } = peer.stateOf(record, world.now)
      const byHand = isAcceptedByHand(record, { records, root, now: world.now })
      // The trust records themselves have their own kind of acceptance: below.
      if (record.body.bucket !== 'trust') expect([record.id, state === 'accepted']).toEqual([record.id, byHand])
    }
  }
}

/** About five seconds in all. */
const runs = Number(process.env['SCHEDULES'] ?? 250)

describe('any schedule of author, endorse, dismiss, grant, revoke, rotate, expire, part, meet, restart', () => {
  it('ends in the same state on all peers', () => {
    fc.assert(
      fc.property(worlds, (start) => {
        const world = new World(start)
        for (const step of start.steps) world.run(step)
        world.heal()
        checkAgreement(world)
        // And when all have swept and buried, whatever each of them had done of it before.
        world.settle()
        world.heal()
        checkAgreement(world)
      }),
      { numRuns: runs },
    )
  }, 60_000)

  it('never has a record accepted without its policy, at any time, on any peer', () => {
    fc.assert(
      fc.property(worlds, (start) => {
        const world = new World(start)
        for (const step of start.steps) {
          world.run(step)
          if (step.do === 'meet' || step.do === 'attest' || step.do === 'wait') checkPolicies(world)
        }
        world.heal()
        checkPolicies(world)
      }),
      { numRuns: Math.ceil(runs / 4) },
    )
  }, 60_000)

  it('leads, in a good share of the runs, to what the rules are about', () => {
    // Else the two properties above could hold for want of anything happening.
    const seenOften = { roots: 0, accepted: 0, revoked: 0, dismissed: 0, marks: 0, operators: 0 }
    const schedules = fc.sample(worlds, { numRuns: 300, seed: 7 })
    for (const start of schedules) {
      const world = new World(start)
      let buried = false
      for (const step of start.steps) {
        world.run(step)
        buried ||= world.peers.some(({ marks }) => marks.size > 0)
      }
      world.heal()
      if (buried) seenOften.marks++
      const [peer] = world.peers as [SimPeer]
      const trust = peer.trust(world.now)
      const found = [...states(peer, world.now)].map(([, state]) => state)
      const standings = signers.map(({ peerId }): [PeerId, string] => [peerId, trust.of(peerId).standing])
      if ((trust.root?.version ?? 0) > 1) seenOften.roots++
      if (found.filter((state) => state === 'accepted').length > 3) seenOften.accepted++
      if (found.includes('dismissed')) seenOften.dismissed++
      if (standings.some(([, standing]) => standing === 'revoked')) seenOften.revoked++
      if (standings.some(([peerId, standing]) => standing === 'member' && trust.of(peerId).roles.has('operator')))
        seenOften.operators++
    }
    for (const [name, count] of Object.entries(seenOften)) expect([name, count > 15]).toEqual([name, true])
  }, 60_000)
})
