import type { RobotKind } from './kinds.ts'
import { between, type Random } from './random.ts'

/** What a simulated robot is doing. */
export type Activity = 'idle' | 'driving' | 'docked' | 'watching'

/** A simulated body at one moment. */
export interface BodyState {
  readonly activity: Activity
  /** Until it decides what to do next, in ms of its own time. */
  readonly remainingMs: number
  /** 0 to 100; 100 and unchanging for one that hangs on a power supply. */
  readonly batteryPercent: number
  /** 0 to 100, of all cores. */
  readonly cpuPercent: number
  readonly temperatureC: number
  readonly memoryPercent: number
  readonly load1: number
  readonly netRxBytesPerS: number
  readonly netTxBytesPerS: number
  /** m/s forward and rad/s to the left. */
  readonly speed: number
  readonly turn: number
  /** How far its wheels have rolled, m. */
  readonly leftWheelM: number
  readonly rightWheelM: number
  /** Where it is on the floor, in metres and radians. */
  readonly x: number
  readonly y: number
  readonly heading: number
  readonly uptimeMs: number
  /** Drives (of a watchtower: recordings) begun. */
  readonly drives: number
  /** How long its supply voltage stays too low: a wheel is blocked. 0 when all is well. */
  readonly dipMs: number
}

export interface BodyInit {
  readonly kind: RobotKind
  /** How much faster than life drives, battery and charging go; temperature too. Default 1. */
  readonly pace?: number
}

/** Distance between a Duckiebot's wheels, m. */
export const baselineM = 0.1
/** Below this a Duckiebot goes to its dock. */
export const dockBelowPercent = 15
/** Docked, it waits for this before it drives again. */
const leaveDockAtPercent = 95
/** Percent a minute. A DB21's battery lasts some two hours on the road and charges in about four; a lab that people watch is quicker. */
const drain = { idle: 0.6, driving: 2.4, watching: 0 }
const charge = 6
/** A board with its heat sink follows its load in about a minute. */
const thermalTimeMs = 60_000
/** Every so many drives a wheel blocks near their end, so that there is a fault to look into. */
const drivesADip = 3
const dipBeforeEndMs = 20_000
/** Some samples of health see it. */
const dipMs = 8_000
/** So that a newcomer soon sees a log. */
const firstDriveMs = 12_000

/** A robot that has just been switched on, and soon takes its first drive. */
export function newBody({ kind }: BodyInit, random: Random): BodyState {
  return {
    activity: 'idle',
    remainingMs: between(random, 1_000, 3_000),
    batteryPercent: kind.hasBattery ? between(random, 45, 98) : 100,
    cpuPercent: between(random, 8, 15),
    temperatureC: kind.idleTemperatureC + between(random, -2, 2),
    memoryPercent: between(random, 28, 40),
    load1: 0.3,
    netRxBytesPerS: 0,
    netTxBytesPerS: 0,
    speed: 0,
    turn: 0,
    leftWheelM: 0,
    rightWheelM: 0,
    x: between(random, 0, 3),
    y: between(random, 0, 3),
    heading: between(random, 0, 2 * Math.PI),
    uptimeMs: 0,
    drives: 0,
    dipMs: 0,
  }
}

/**
 * The body `dtMs` later: battery, heat and load follow what it does, and it decides anew when a stretch is over.
 * Pure: the same state, time and random numbers give the same body.
 */
export function stepBody(state: BodyState, dtMs: number, init: BodyInit, random: Random): BodyState {
  const { kind, pace = 1 } = init
  const decided = dip(state, decide(state, dtMs, init, random), dtMs, pace)
  const { activity } = decided
  const minutes = (dtMs * pace) / 60_000
  const busy = activity === 'driving' || activity === 'watching'

  const batteryPercent = kind.hasBattery
    ? clamp(state.batteryPercent + minutes * (activity === 'docked' ? charge : -drain[activity]), 0, 100)
    : 100
  const cpuPercent = follow(state.cpuPercent, busy ? between(random, 45, 85) : between(random, 5, 18), dtMs, 2_000)
  const settledC = kind.idleTemperatureC + (kind.fullLoadRiseC * cpuPercent) / 100
  const speed =
    activity === 'driving' && decided.dipMs === 0 ? follow(state.speed, between(random, 0.1, 0.45), dtMs, 1_500) : 0
  const turn = activity === 'driving' ? follow(state.turn, between(random, -2, 2), dtMs, 800) : 0
  const heading = (state.heading + (turn * dtMs) / 1_000) % (2 * Math.PI)

  return {
    ...decided,
    batteryPercent,
    cpuPercent,
    temperatureC: follow(state.temperatureC, settledC, dtMs * pace, thermalTimeMs) + between(random, -0.05, 0.05),
    memoryPercent: clamp(follow(state.memoryPercent, busy ? 55 : 35, dtMs, 8_000) + between(random, -0.2, 0.2), 0, 100),
    load1: follow(state.load1, (cpuPercent / 100) * kind.cores, dtMs, 60_000),
    netRxBytesPerS: follow(state.netRxBytesPerS, between(random, 2_000, 9_000), dtMs, 3_000),
    netTxBytesPerS: follow(
      state.netTxBytesPerS,
      busy ? between(random, 150_000, 600_000) : between(random, 2_000, 12_000),
      dtMs,
      3_000,
    ),
    speed,
    turn,
    leftWheelM: state.leftWheelM + ((speed - (turn * baselineM) / 2) * dtMs) / 1_000,
    rightWheelM: state.rightWheelM + ((speed + (turn * baselineM) / 2) * dtMs) / 1_000,
    x: state.x + (Math.cos(heading) * speed * dtMs) / 1_000,
    y: state.y + (Math.sin(heading) * speed * dtMs) / 1_000,
    heading,
    uptimeMs: state.uptimeMs + dtMs,
  }
}

/** Words for people. That the body is not real is said by the machine's record, not here. */
export function bodyNotes(state: BodyState): string[] {
  const doing = { idle: 'idle', driving: 'driving', docked: 'docked, charging', watching: 'watching, recording' }
  return [doing[state.activity], ...(state.dipMs > 0 ? [dipNote] : [])]
}

/** As a Raspberry Pi says it; in a log of a drive too. */
export const dipNote = 'under-voltage now'

function dip(before: BodyState, now: BodyState, elapsedMs: number, pace: number): BodyState {
  const fromMs = dipBeforeEndMs / pace
  const isBlocked =
    now.activity === 'driving' &&
    now.drives % drivesADip === 0 &&
    before.remainingMs > fromMs &&
    now.remainingMs <= fromMs
  return { ...now, dipMs: isBlocked ? dipMs : Math.max(0, now.dipMs - elapsedMs) }
}

function decide(state: BodyState, dtMs: number, { kind, pace = 1 }: BodyInit, random: Random): BodyState {
  // Its battery calls it home whatever it had in mind.
  if (kind.hasBattery && state.activity !== 'docked' && state.batteryPercent < dockBelowPercent) {
    return { ...state, activity: 'docked', remainingMs: Infinity }
  }
  if (state.activity === 'docked' && state.batteryPercent < leaveDockAtPercent) return state
  const remainingMs = state.remainingMs - dtMs
  if (remainingMs > 0 && state.activity !== 'docked') return { ...state, remainingMs }
  if (state.activity !== 'idle')
    return { ...state, activity: 'idle', remainingMs: between(random, 20_000, 60_000) / pace }
  const drives = state.drives + 1
  const lastsMs = state.drives === 0 ? firstDriveMs / Math.min(pace, 4) : between(random, 60_000, 300_000) / pace
  return { ...state, activity: kind.drives ? 'driving' : 'watching', remainingMs: lastsMs, drives }
}

/** Moves towards `target` as a first-order lag does: after `timeMs`, 63 % of the way is gone. */
function follow(value: number, target: number, dtMs: number, timeMs: number): number {
  return value + (target - value) * (1 - Math.exp(-dtMs / timeMs))
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
