import { setTimeout as sleep } from 'node:timers/promises'
import type { PingView } from '../../../shared/network-views.ts'
import { withApi } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './exit-code.ts'
import type { Io } from './io.ts'
import { peerOf } from './peer-of.ts'
import { printable } from './words.ts'

interface PingOptions {
  readonly count: number
  readonly timeoutMs: number
  readonly json: boolean
}

/** `dt-swarm ping PEER`. Resolves to whether at least one answer came. */
export async function ping(who: string, endpoint: Endpoint, options: PingOptions, io: Io): Promise<boolean> {
  const { count, timeoutMs, json } = options
  return withApi(endpoint, async (api) => {
    const { peer, name } = await peerOf(api, who)
    const answers: PingView[] = []
    for (let i = 0; i < count; i += 1) {
      if (i > 0) await sleep(1_000)
      try {
        const answer = await api.network.ping({ to: peer, timeoutMs })
        answers.push(answer)
        if (!json) io.out(printable(`${name}: ${msText(answer.tookMs)}, ${wayText(answer)}`))
      } catch (error) {
        // One that is not answered may be the only one; anything else ends the row.
        if ((error as { readonly code?: unknown }).code !== 'UNREACHABLE') throw error
        if (!json) io.note(printable(messageOf(error)))
      }
    }
    const times = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
    if (json) io.out(JSON.stringify({ to: peer, sent: count, answers }, null, 2))
    else if (count > 1) {
      const spread = times.length === 0 ? '' : `; least ${msText(times[0] ?? 0)}, most ${msText(times.at(-1) ?? 0)}`
      io.out(`${times.length} of ${count} answered${spread}`)
    }
    return answers.length > 0
  })
}

/** `dt-swarm send PEER TEXT`. Resolves to whether the peer has said that it got it. */
export async function send(
  who: string,
  text: string,
  endpoint: Endpoint,
  { timeoutMs, json }: { readonly timeoutMs: number; readonly json: boolean },
  io: Io,
): Promise<boolean> {
  return withApi(endpoint, async (api) => {
    const { peer, name } = await peerOf(api, who)
    const { delivered, tookMs } = await api.network.send({ to: peer, text, timeoutMs })
    if (json) io.out(JSON.stringify({ to: peer, delivered, tookMs }, null, 2))
    else if (delivered) io.out(printable(`${name} has it, after ${msText(tookMs)}`))
    else io.note(printable(`${name} did not say that it got it: it is cut off, off, or does not trust this peer`))
    return delivered
  })
}

function wayText({ path, back }: PingView): string {
  const steps = (list: PingView['path']): string =>
    list.map(({ peer, name, channel }) => `${name ?? peer} (${channel})`).join(' > ')
  if (path.length === 0) return 'here'
  return `there ${steps(path)}, back ${steps(back)}`
}

function msText(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
