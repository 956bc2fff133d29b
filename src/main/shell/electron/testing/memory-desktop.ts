import type { PeerId } from '../../../../shared/ids.ts'
import type { LabView } from '../../../../shared/lab-view.ts'
import type { Settings } from '../../../../shared/views.ts'
import type { Clock } from '../../../base/clock.ts'
import { Emitter } from '../../../base/emitter.ts'
import { MemoryPeer } from '../../api/testing/memory-peer.ts'
import type { LabControl } from '../../api/shell-actions.ts'
import type { DesktopPeer } from '../desktop-peer.ts'

/** The API's peer in memory, with what the desktop adds: it starts, stops, shares paths and tells of arrivals. */
export class MemoryDesktopPeer extends MemoryPeer implements DesktopPeer {
  readonly calls: string[] = []
  readonly machinesHeard = new Emitter<{
    'machines:changed': { readonly peers: readonly PeerId[] }
    'machine:joined': { readonly peer: PeerId }
  }>()
  readonly filesHeard = this.files.events
  readonly settingsHeard = new Emitter<{ 'settings:changed': Settings }>()
  readonly sharedPaths = this.files.sharedPaths
  /** Thrown by `start`. */
  startError: Error | null = null
  /** What `stop` waits for. */
  stopGate: Promise<void> = Promise.resolve()

  declare readonly membership: DesktopPeer['membership']
  declare readonly settings: DesktopPeer['settings']

  constructor(clock?: Clock) {
    super(clock)
    const { membership, settings } = this as MemoryPeer
    this.membership = { ...membership, events: this.machinesHeard }
    this.settings = withEvents(settings, this.settingsHeard)
  }

  async start(): Promise<void> {
    this.calls.push('start')
    if (this.startError !== null) throw this.startError
  }

  async stop(): Promise<void> {
    await this.stopGate
    this.calls.push('stop')
  }
}

function withEvents(
  settings: MemoryPeer['settings'],
  events: Emitter<{ 'settings:changed': Settings }>,
): DesktopPeer['settings'] {
  return {
    get: () => settings.get(),
    update: async (patch) => {
      const answer = await settings.update(patch)
      events.emit('settings:changed', answer.settings)
      return answer
    },
    events,
  }
}

/** A lab that only counts. */
export class MemoryLab implements LabControl {
  robots = 0

  status(): LabView {
    return { running: this.robots > 0, robots: [] }
  }

  warnings(): [] {
    return []
  }

  async start(robots: number): Promise<LabView> {
    this.robots = robots
    return this.status()
  }

  async stop(): Promise<LabView> {
    this.robots = 0
    return this.status()
  }
}
