import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { SwarmError } from '../../../shared/errors.ts'
import type { PeerId } from '../../../shared/ids.ts'
import { decodeMark, decodeMarkAnswer, encodeMark, encodeMarkAnswer, markProtocol } from './mark-frames.ts'
import { MarkDialogue } from './mark-dialogue.ts'
import { makeNode, stopNodes, type TestNode } from '../testing/nodes.ts'

const marked = { id: '2030-01-02_03-04-05Z-mark', files: 4, sizeBytes: 2_000, leftOut: 1 }
const signal = new AbortController().signal
const running: MarkDialogue[] = []

async function make(operators: ReadonlySet<PeerId>, mark: (text: string) => Promise<typeof marked>) {
  const node = await makeNode()
  await node.start()
  const dialogue = new MarkDialogue({
    node,
    mayMark: (peer) => operators.has(peer),
    mark,
    nameOf: () => 'duckie01',
    counters: node.counters,
  })
  await dialogue.start()
  running.push(dialogue)
  return { node, dialogue }
}

async function link(from: TestNode, to: TestNode): Promise<void> {
  from.setBootstrap([...to.addresses()])
  await vi.waitFor(() => expect(from.linked(to.peerId) && to.linked(from.peerId)).toBe(true))
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()))
  await stopNodes()
})

it('an operator has a robot save its last minutes; nobody else has, and refusals are told', async () => {
  const operators = new Set<PeerId>()
  const texts: string[] = []
  const robot = await make(operators, async (text) => {
    texts.push(text)
    if (texts.length > 1) throw new SwarmError('LIMIT_REACHED', 'One was saved a moment ago.')
    return marked
  })
  const laptop = await make(new Set(), () => Promise.reject(new Error('not asked')))
  await link(laptop.node, robot.node)
  const ask = (text: string) => laptop.dialogue.ask(robot.node.peerId, text, { signal })
  await expect(ask('x')).rejects.toMatchObject({ code: 'LIMIT_REACHED', message: expect.stringContaining('operators') })
  expect(texts).toEqual([])
  operators.add(laptop.node.peerId)
  expect(await ask('it hit the wall')).toEqual(marked)
  await expect(ask('again')).rejects.toMatchObject({ message: 'One was saved a moment ago.' })
  expect(texts).toEqual(['it hit the wall', 'again'])

  const stream = await laptop.node.libp2p.dialProtocol(peerIdFromString(robot.node.peerId), markProtocol)
  await lpStream(stream).write(Buffer.from('no mark'))
  await vi.waitFor(() => expect(robot.node.counters.get('mark.refused:malformed')).toBe(1))

  await robot.dialogue.stop()
  await expect(ask('x')).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

it('what is said comes through; bytes that are none are refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(decodeMark(encodeMark(text))).toBe(text.toWellFormed().trim())
      expect(decodeMarkAnswer(encodeMarkAnswer({ refused: text }))).toEqual({ refused: text.toWellFormed() })
    }),
  )
  expect(decodeMarkAnswer(encodeMarkAnswer({ marked }))).toEqual({ marked })
  expect(decodeMark(encodeMark('x'.repeat(301)))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      decodeMark(bytes)
      decodeMarkAnswer(bytes)
    }),
  )
})
