import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { Choice } from './Choice.tsx'

const sizes = ['Any size', 'Over 1 MB', 'Over 1 GB']

function show() {
  const onChange = vi.fn<(value: string | null) => void>()
  render(
    <MantineProvider env="test">
      <Choice aria-label="Size" data={sizes} value="Over 1 MB" onChange={onChange} />
    </MantineProvider>,
  )
  return onChange
}

const options = () => screen.queryAllByRole('option', { hidden: true })

test('its list is made when somebody comes near, and no sooner', async () => {
  show()
  expect(options()).toEqual([])
  await userEvent.hover(screen.getByRole('combobox', { name: 'Size' }))
  expect(options()).toHaveLength(3)
})

test('the keys go on from what is chosen', async () => {
  const onChange = show()
  await userEvent.tab()
  await userEvent.keyboard('{ArrowDown}')
  const field = screen.getByRole('combobox', { name: 'Size' })
  const chosen = screen.getByRole('option', { name: 'Over 1 MB' })
  expect(field.getAttribute('aria-activedescendant')).toBe(chosen.id)
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(onChange.mock.calls[0]?.[0]).toBe('Over 1 GB')
})

test('a click chooses', async () => {
  const onChange = show()
  await userEvent.click(screen.getByRole('combobox', { name: 'Size' }))
  await userEvent.click(await screen.findByRole('option', { name: 'Any size' }))
  expect(onChange.mock.calls[0]?.[0]).toBe('Any size')
})
