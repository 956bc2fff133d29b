import { expect, test } from 'vitest'
import { sharedName } from '../bridge/shared-name.ts'
import { walkEntries } from './dropped-files.ts'

const filesystem = {} as FileSystem
const base = { filesystem, getParent: () => undefined }

function file(fullPath: string, broken = false): FileSystemFileEntry {
  const name = fullPath.split('/').at(-1) ?? ''
  return {
    ...base,
    fullPath,
    name,
    isFile: true,
    isDirectory: false,
    file: (resolve, reject) => (broken ? reject?.(new DOMException('gone')) : resolve(new File(['x'], name))),
  }
}

/** A folder that, as browsers do, tells what is in it in parts. */
function folder(fullPath: string, children: readonly FileSystemEntry[], atOnce = 2): FileSystemDirectoryEntry {
  return {
    ...base,
    fullPath,
    name: fullPath.split('/').at(-1) ?? '',
    isFile: false,
    isDirectory: true,
    getDirectory: () => undefined,
    getFile: () => undefined,
    createReader: () => {
      const left = [...children]
      return { readEntries: (resolve) => resolve(left.splice(0, atOnce)) }
    },
  }
}

test('finds the files of a folder and of the folders in it, parts after parts', async () => {
  const deep = folder('/runs/day', [file('/runs/day/c.bag')])
  const runs = folder('/runs', [file('/runs/a.bag'), file('/runs/b.bag'), deep, file('/runs/d.bag')])
  const { files, more } = await walkEntries([runs, file('/e.txt')])
  expect(files.map((one) => one.name)).toEqual(['a.bag', 'b.bag', 'c.bag', 'd.bag', 'e.txt'])
  expect(files.map(sharedName)).toEqual(['runs/a.bag', 'runs/b.bag', 'runs/day/c.bag', 'runs/d.bag', 'e.txt'])
  expect(more).toBe(false)
})

test('takes as many as are allowed and says that there are more', async () => {
  const many = folder(
    '/many',
    Array.from({ length: 30 }, (_, i) => file(`/many/${i}`)),
  )
  const some = await walkEntries([many], 10)
  expect(some.files).toHaveLength(10)
  expect(some.more).toBe(true)
  await expect(walkEntries([many], 30)).resolves.toMatchObject({ more: false })
})

test('names what cannot be read and goes on', async () => {
  const { files, unreadable } = await walkEntries([folder('/runs', [file('/runs/a', true), file('/runs/b')])])
  expect(files.map((one) => one.name)).toEqual(['b'])
  expect(unreadable).toEqual(['/runs/a'])
})
