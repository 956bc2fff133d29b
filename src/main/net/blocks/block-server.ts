import type { Connection, Stream } from '@libp2p/interface'
import type { PeerId } from '../../../shared/ids.ts'
import type { Counters } from '../../base/counters.ts'
import type { Startable } from '../../base/lifecycle.ts'
import type { Libp2p } from '../swarm-node.ts'
import { AnswerRun } from './answer-run.ts'
import { blockProtocol } from './block-frames.ts'

export interface BlockServerDeps {
  readonly libp2p: () => Libp2p
  /** The checked bytes; undefined when they are not here. `cid` is of any form: a bad one is not here. */
  readonly load: (cid: Uint8Array, peer: PeerId) => Promise<Uint8Array | undefined>
  /** Waits until so many bytes may be sent. Default: at once. */
  readonly admit?: (bytes: number, signal: AbortSignal) => Promise<void>
  readonly counters: Counters
  /** A peer did what no honest peer does. */
  readonly blame: (peer: PeerId) => void
}

/** Of one link: one that is used, and one that is being closed. */
const maxStreamsOfOne = 3
/** Blocks in memory for all askers together: 8 MiB of leaves; more askers take turns, block by block. */
const maxLoaded = 32

/** Gives blocks to whoever asks for them. */
export class BlockServer implements Startable {
  readonly #deps: BlockServerDeps
  readonly #runs = new Set<Promise<void>>()
  #run: AbortController | null = null
  #free = maxLoaded
  readonly #waiting: (() => void)[] = []

  constructor(deps: BlockServerDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== null) return
    const run = new AbortController()
    this.#run = run
    await this.#deps
      .libp2p()
      .handle(blockProtocol, (stream, connection) => this.#answer(stream, connection, run.signal), {
        maxInboundStreams: maxStreamsOfOne,
        runOnLimitedConnection: true,
      })
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = null
    if (run === null) return
    await this.#deps.libp2p().unhandle(blockProtocol)
    run.abort()
    await Promise.all(this.#runs)
  }

  #answer(stream: Stream, connection: Connection, signal: AbortSignal): void {
    const peer = connection.remotePeer.toString() as PeerId
    const { load, admit = async () => {}, counters, blame } = this.#deps
    const answers = new AnswerRun(stream, {
      load: (cid) => load(cid, peer),
      admit,
      place: () => this.#place(),
      sent: (bytes) => {
        counters.add('files.block:sent')
        counters.add('files.block:sent-bytes', bytes)
      },
      malformed: () => {
        counters.add('files.refused:bad-question')
        blame(peer)
      },
    })
    const done = answers.run(signal).finally(() => this.#runs.delete(done))
    this.#runs.add(done)
  }

  /** Waits for a place in memory for one block; what gives it back. In order of asking, so that askers take turns. */
  async #place(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let given = false
    return () => {
      if (given) return
      given = true
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
