import type { PeerId } from '../../../shared/ids.ts'
import type { HeardHow, MachineStatus } from '../../../shared/views.ts'
import { memberSpans, memberStatus } from '../../model/member.ts'
import type { StoredRecord } from '../../store/record-store.ts'
import type { MachineFacts } from './machine-record.ts'
import { SpokenTimes } from './spoken-times.ts'

/** The record behind a fact, and how it came. */
export interface RecordTrace {
  readonly stored: StoredRecord
  readonly how: HeardHow
}

/** All that is known of one machine. */
export interface Machine {
  readonly peer: PeerId
  facts: MachineFacts | undefined
  presence: RecordTrace | undefined
  health: RecordTrace | undefined
  /** When it spoke, on our clock, by the way it was heard. */
  readonly spokeAtMs: Partial<Record<HeardHow, number>>
  last: { readonly atMs: number; readonly how: HeardHow; readonly from: PeerId | null } | undefined
  firstHeardAtMs: number | undefined
  /** Its goodbye: when, on our clock, and by its own. */
  left: { readonly atMs: number; readonly saidMs: number } | undefined
  connected: boolean
  /** It was told of: it has said who it is, and has been admitted. */
  introduced: boolean
  status: MachineStatus
}

export interface StatusChange {
  readonly peer: PeerId
  readonly status: MachineStatus
  readonly before: MachineStatus
}

/** Before a machine has told its pace. */
const defaultEveryMs = 10_000

/**
 * The machines and what was heard of them; decides nothing itself but asks the model. No timers, no I/O: whoever
 * holds it says what time it is. Bounded: when it is full, a newcomer takes the place of the machine gone longest,
 * and is turned away when there is none.
 */
export class MachineTable {
  readonly #self: PeerId
  readonly #maxMachines: number
  readonly #machines = new Map<PeerId, Machine>()
  readonly #spoken = new SpokenTimes()

  constructor(init: { readonly self: PeerId; readonly maxMachines?: number }) {
    this.#self = init.self
    this.#maxMachines = init.maxMachines ?? 10_000
  }

  get size(): number {
    return this.#machines.size
  }

  get(peer: PeerId): Machine | undefined {
    return this.#machines.get(peer)
  }

  all(): IterableIterator<Machine> {
    return this.#machines.values()
  }

  clockErrorMs(peer: PeerId): number | undefined {
    return this.#spoken.clockErrorMs(peer)
  }

  /**
   * Takes in one record of a machine. @param facts of a `machines` record, undefined for a `diagnostics` one
   * @returns false when the table is full
   */
  hear(stored: StoredRecord, facts: MachineFacts | undefined): boolean {
    const { body } = stored.record
    const { arrival } = stored
    const machine = this.#open(body.author)
    if (machine === undefined) return false
    const how = arrival.via === 'authored' ? 'self' : arrival.via
    const atMs = this.#spoken.spokenAtMs({
      author: body.author,
      how,
      receivedAtMs: arrival.receivedAtMs,
      validFromMs: body.validFrom,
    })
    if (facts === undefined) machine.health = { stored, how }
    else {
      machine.facts = facts
      machine.presence = { stored, how }
      machine.left = facts.leaving ? { atMs, saidMs: body.validFrom } : undefined
    }
    machine.firstHeardAtMs = Math.min(machine.firstHeardAtMs ?? atMs, atMs)
    // What it said before its goodbye may arrive after it; both times are by its own clock, so they compare well.
    if (machine.left !== undefined && facts === undefined && body.validFrom <= machine.left.saidMs) return true
    if (machine.left !== undefined && facts === undefined) machine.left = undefined
    machine.spokeAtMs[how] = Math.max(machine.spokeAtMs[how] ?? atMs, atMs)
    if (machine.last === undefined || atMs >= machine.last.atMs) machine.last = { atMs, how, from: arrival.from }
    return true
  }

  /** Says who there is a link with now. @returns the machines for which that is new */
  setConnected(peers: ReadonlySet<PeerId>): PeerId[] {
    const changed: PeerId[] = []
    for (const machine of this.#machines.values()) {
      if (machine.connected === peers.has(machine.peer)) continue
      machine.connected = !machine.connected
      changed.push(machine.peer)
      // A link to one that never spoke is all that was known of it.
      if (!machine.connected && machine.last === undefined) this.#machines.delete(machine.peer)
    }
    for (const peer of peers) {
      if (this.#machines.has(peer)) continue
      const machine = this.#open(peer)
      if (machine === undefined) break
      machine.connected = true
      changed.push(peer)
    }
    return changed
  }

  /** Brings one machine's status up to date. @returns what changed, if anything */
  judge(peer: PeerId, nowMs: number): StatusChange | undefined {
    const machine = this.#machines.get(peer)
    if (machine === undefined) return undefined
    const before = machine.status
    const { status } =
      peer === this.#self
        ? { status: 'alive' as const }
        : memberStatus(
            {
              lastHeardAtMs: machine.spokeAtMs,
              announceEveryMs: everyMs(machine),
              leftAtMs: machine.left?.atMs,
              connected: machine.connected,
              nowMs,
            },
            before,
          )
    machine.status = status
    return status === before ? undefined : { peer, status, before }
  }

  /** When the status of a machine changes if it stays silent; Infinity when silence changes nothing any more. */
  dueMs(peer: PeerId): number {
    const machine = this.#machines.get(peer)
    if (machine === undefined || machine.last === undefined || peer === this.#self) return Infinity
    const { suspectMs, goneMs } = memberSpans(everyMs(machine))
    if (machine.status === 'alive') return machine.last.atMs + suspectMs
    return machine.status === 'suspect' && !machine.connected ? machine.last.atMs + goneMs : Infinity
  }

  /** After our own clock was set back: nothing can have been heard later than now. */
  clampTo(nowMs: number): void {
    for (const machine of this.#machines.values()) {
      for (const how of Object.keys(machine.spokeAtMs) as HeardHow[]) {
        machine.spokeAtMs[how] = Math.min(machine.spokeAtMs[how] ?? nowMs, nowMs)
      }
      if (machine.last !== undefined) machine.last = { ...machine.last, atMs: Math.min(machine.last.atMs, nowMs) }
    }
  }

  #open(peer: PeerId): Machine | undefined {
    const known = this.#machines.get(peer)
    if (known !== undefined) return known
    if (this.#machines.size >= this.#maxMachines && !this.#dropLongestGone()) return undefined
    const machine: Machine = {
      peer,
      facts: undefined,
      presence: undefined,
      health: undefined,
      spokeAtMs: {},
      last: undefined,
      firstHeardAtMs: undefined,
      left: undefined,
      connected: false,
      introduced: false,
      status: peer === this.#self ? 'alive' : 'unknown',
    }
    this.#machines.set(peer, machine)
    return machine
  }

  #dropLongestGone(): boolean {
    let oldest: Machine | undefined
    for (const machine of this.#machines.values()) {
      if (machine.status !== 'gone' || machine.connected) continue
      if (oldest === undefined || (machine.last?.atMs ?? 0) < (oldest.last?.atMs ?? 0)) oldest = machine
    }
    if (oldest === undefined) return false
    this.#spoken.forget(oldest.peer)
    return this.#machines.delete(oldest.peer)
  }
}

function everyMs(machine: Machine): number {
  return machine.facts?.announceEveryMs ?? defaultEveryMs
}
