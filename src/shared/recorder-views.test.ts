import { expect, test } from 'vitest'
import { causeWords, flightId, flightOf, type FlightCause } from './recorder-views.ts'

const atMs = Date.UTC(2030, 0, 2, 3, 4, 5)

test('what is saved is known by its name', () => {
  for (const cause of Object.keys(causeWords) as FlightCause[]) {
    expect(flightOf(`flight/${flightId(cause, atMs + 678)}/ros.log`)).toEqual({ cause, atMs })
  }
})

test.each([
  'flight/ros.log',
  'flight/2030-01-02_03-04-05Z-mark',
  'flight/2030-01-02_03-04-05Z-mark/deeper/ros.log',
  'my/flight/2030-01-02_03-04-05Z-mark/ros.log',
  'flight/2030-01-02_03-04-05Z-other/ros.log',
  'flight/2030-13-02_03-04-05Z-mark/ros.log',
  'flight/2030-01-02T03:04:05Z-mark/ros.log',
  '',
])('%s is no flight', (name) => {
  expect(flightOf(name)).toBeNull()
})
