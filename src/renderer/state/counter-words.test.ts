import { expect, test } from 'vitest'
import { counterWords, groupCounters } from './counter-words.ts'

test('the longest name that fits says what a counter means', () => {
  expect(counterWords('gossip.sent-to-nobody').meaning).toContain('no neighbour')
  expect(counterWords('gossip.sent').meaning).not.toContain('no neighbour')
  expect(counterWords('ingest.refused:future')).toMatchObject({ group: 'Refused' })
  expect(counterWords('ingest.refused:future').meaning).toContain('clock')
})

test('groups come in their order, without empty ones, and unknown names are not lost', () => {
  const groups = groupCounters({ 'new.thing': 1, 'ingest.added': 5, 'dial.failed': 2 })
  expect(groups.map(({ group, rows }) => [group, rows.map((row) => row.name)])).toEqual([
    ['Came and went', ['ingest.added']],
    ['Dropped or tried again', ['dial.failed']],
    ['Others', ['new.thing']],
  ])
})
