import type { Stream } from '@libp2p/interface'
import { expect, it } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { AskStream } from './ask-stream.ts'
import { encodeAnswerHead, maxOpenQuestions } from './block-frames.ts'

const cid = Uint8Array.of(1)
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A stream to a peer that says only what the test says. */
function silent() {
  const clock = new FakeClock()
  const sent: Uint8Array[] = []
  const target = Object.assign(new EventTarget(), {
    status: 'open',
    send: (bytes: Uint8Array) => sent.push(bytes) > 0,
    abort: () => {},
  })
  const stream = new AskStream(
    target as unknown as Stream,
    { clock, signal: new AbortController().signal, malformed: () => {} },
    { idleMs: 30_000, silentMs: 30_000 },
  )
  let isOver = false
  void stream.ended.then(() => (isOver = true))
  return {
    clock,
    stream,
    sent,
    isOver: () => isOver,
    say: (data: Uint8Array) => target.dispatchEvent(Object.assign(new Event('message'), { data })),
  }
}

async function dropped(stream: AskStream, count: number): Promise<void> {
  const stop = new AbortController()
  const asked = Array.from({ length: count }, () => stream.ask(cid, { signal: stop.signal }))
  stop.abort(new Error('no longer'))
  for (const one of asked) await expect(one).rejects.toThrow('no longer')
}

it('a question that waits for a place at a silent peer can be given up, and leaves its turn to the next', async () => {
  const { stream, sent, say } = silent()
  await dropped(stream, maxOpenQuestions)
  const stop = new AbortController()
  const first = stream.ask(cid, { signal: stop.signal })
  const second = stream.ask(cid, { signal: new AbortController().signal })
  stop.abort(new Error('given up'))
  await expect(first).rejects.toThrow('given up')
  const before = sent.length
  say(encodeAnswerHead(1, null))
  await settled()
  expect(sent.length).toBe(before + 1)
  say(encodeAnswerHead(maxOpenQuestions + 1, null))
  expect(await second).toBeUndefined()
})

it('one that was woken for a place and is given up at that moment passes the place on', async () => {
  const { stream, say } = silent()
  await dropped(stream, maxOpenQuestions)
  const stop = new AbortController()
  const first = stream.ask(cid, { signal: stop.signal })
  const second = stream.ask(cid, { signal: new AbortController().signal })
  say(encodeAnswerHead(1, null))
  stop.abort(new Error('given up'))
  await expect(first).rejects.toThrow('given up')
  await settled()
  say(encodeAnswerHead(maxOpenQuestions + 1, null))
  expect(await second).toBeUndefined()
})

it('a stream ends when what was taken back is not answered and nothing comes, and lives as long as something comes', async () => {
  const { clock, stream, say, isOver } = silent()
  await dropped(stream, 2)
  await clock.advance(29_000)
  say(encodeAnswerHead(1, 10))
  await clock.advance(29_000)
  expect(isOver()).toBe(false)
  const waits = stream.ask(cid, { signal: new AbortController().signal })
  waits.catch(() => {})
  await clock.advance(1_000)
  expect(isOver()).toBe(true)
  await expect(waits).rejects.toThrow('answers nothing')
})

it('a peer that is slow and answers in the end is not left', async () => {
  const { clock, stream, say, isOver } = silent()
  await dropped(stream, 1)
  const slow = stream.ask(cid, { signal: new AbortController().signal })
  await clock.advance(20_000)
  say(encodeAnswerHead(1, null))
  await clock.advance(60_000)
  expect(isOver()).toBe(false)
  say(encodeAnswerHead(2, null))
  expect(await slow).toBeUndefined()
})
