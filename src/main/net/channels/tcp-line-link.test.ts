import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { TcpLineLink } from './tcp-line-link.ts'

const soon = { timeout: 20_000, interval: 5 }
const pauseMs = 200_000
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A link whose every line makes it wait, and its other side. */
async function pausing(clock: FakeClock, closed: string[], lines: string[]): Promise<Socket> {
  const server: Server = createServer((socket) => {
    const link = new TcpLineLink(socket, {
      clock,
      onLine: (line) => lines.push(line),
      onEndless: () => {},
      waitMs: () => pauseMs,
      onOverflow: () => {},
      provenWithinMs: Infinity,
      onUnproven: () => {},
      onClosed: (reason) => closed.push(reason),
    })
    closing.push(() => link.close('over'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const other = connect({ host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 })
  other.on('error', () => {})
  closing.push(
    () => void other.destroy(),
    () => void server.close(),
  )
  return other
}

test('a link that we do not read for long is not silent; one that says nothing afterwards is', async () => {
  const clock = new FakeClock()
  const [closed, lines]: [string[], string[]] = [[], []]
  const other = await pausing(clock, closed, lines)
  other.write('one\n')
  await vi.waitFor(() => expect(lines).toEqual(['one']), soon)
  for (let ms = 0; ms < 150_000; ms += 5_000) await clock.advance(5_000)
  expect(closed).toEqual([])
  for (let ms = 0; ms < 120_000; ms += 5_000) await clock.advance(5_000)
  await vi.waitFor(() => expect(closed).toEqual(['it was silent for too long']), soon)
})
