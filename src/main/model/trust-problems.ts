import type { TrustAnchor, TrustProblem } from './trust.ts'

/** What people are told about the trust state itself: the fact, what it may mean, and what to do. */

export function noRoot(anchor: TrustAnchor): TrustProblem {
  return {
    code: 'NO_ROOT',
    message: `The root record of this swarm (version ${anchor.rootVersion}) has not been received yet, so nobody is believed.`,
  }
}

export function rolledBack(anchor: TrustAnchor, top: number): TrustProblem {
  return {
    code: 'ROLLED_BACK',
    message:
      `This peer has believed root ${anchor.rootVersion}, and holds only root ${top} now: its records were set back, or somebody ` +
      'withholds the newer ones. Nobody is believed until root ' +
      `${anchor.rootVersion} is here again; connect to a peer that has it.`,
  }
}

export function expired(version: number): TrustProblem {
  return {
    code: 'ROOT_EXPIRED',
    message: `Root ${version} has expired, so nobody is believed. Its keys must sign the next one: "dt-swarm trust root".`,
  }
}

export function endsSoon(version: number, endsAtMs: number): TrustProblem {
  const date = new Date(endsAtMs).toISOString().slice(0, 10)
  return { code: 'ROOT_ENDS_SOON', message: `Root ${version} ends on ${date}: its keys must sign the next one before.` }
}

export function ahead(version: number, beginsAtMs: number): TrustProblem {
  const date = new Date(beginsAtMs).toISOString().replace('T', ' ').slice(0, 16)
  return {
    code: 'ROOT_AHEAD',
    message:
      `Root ${version} was signed while a clock was ahead and begins at ${date} UTC: who has not believed it already goes by ` +
      'the one before until then. Its keys must sign the next one: "dt-swarm trust root".',
  }
}

export function forked(version: number, count: number): TrustProblem {
  return {
    code: 'FORKED',
    message:
      `There are ${count} root records of version ${version} with enough signatures; all peers go by the one with the lowest id. ` +
      'If nobody of you made the other, root keys were stolen: propose a root without them.',
  }
}

export function forkedBeside(version: number): TrustProblem {
  return {
    code: 'FORKED',
    message:
      `Another chain of root records has got as far as version ${version} without the root that this peer believes; this ` +
      'peer stays with its own. If nobody of you made the other, root keys that were removed are in the hands of ' +
      'somebody else; if some of you did, those must join this swarm anew.',
  }
}
