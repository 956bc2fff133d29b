import { expect, test } from 'vitest'
import { pickFiles } from './pick-files.ts'

const asking = (): HTMLInputElement | null => document.querySelector('input[type=file]')

test('the input is in the page until files are chosen, and gone afterwards', async () => {
  const picked = pickFiles()
  const input = asking()
  const file = new File(['a duck drives'], 'run.bag')
  Object.defineProperty(input, 'files', { value: [file] })
  input?.dispatchEvent(new Event('change'))
  expect(await picked).toEqual([file])
  expect(asking()).toBeNull()
})

test('a person who changes their mind has chosen nothing', async () => {
  const picked = pickFiles()
  asking()?.dispatchEvent(new Event('cancel'))
  expect(await picked).toEqual([])
  expect(asking()).toBeNull()
})
