import { act, render, screen } from '@testing-library/react'
import { useEffect } from 'react'
import { expect, test } from 'vitest'
import { Stepwise } from './Stepwise.tsx'

/** Notes what else is on the page when it comes to it, and when it leaves. */
function Part({ name, log }: { readonly name: string; readonly log: string[] }) {
  useEffect(() => {
    log.push(`${name} after ${screen.queryAllByRole('listitem').length - 1}`)
    return () => void log.push(`${name} gone`)
  }, [name, log])
  return <li>{name}</li>
}

const drawn = (): (string | null)[] => screen.getAllByRole('listitem').map((item) => item.textContent)

test('draws its parts one after the other, from the top down', async () => {
  const log: string[] = []
  await act(async () => {
    render(
      <Stepwise>
        <Part name="a" log={log} />
        {null}
        <Part name="b" log={log} />
        <Part name="c" log={log} />
      </Stepwise>,
    )
  })
  expect(log).toEqual(['a after 0', 'b after 1', 'c after 2'])
  expect(drawn()).toEqual(['a', 'b', 'c'])
})

test('a part that comes later takes its place, and none is drawn anew for it', async () => {
  const log: string[] = []
  const parts = (late: boolean) => (
    <Stepwise>
      <Part name="a" log={log} />
      {late ? <Part name="late" log={log} /> : null}
      <Part name="b" log={log} />
    </Stepwise>
  )
  const { rerender } = await act(async () => render(parts(false)))
  await act(async () => rerender(parts(true)))
  expect(drawn()).toEqual(['a', 'late', 'b'])
  await act(async () => rerender(parts(false)))
  expect(drawn()).toEqual(['a', 'b'])
  expect(log).toEqual(['a after 0', 'b after 1', 'late after 2', 'late gone'])
})
