/**
 * Lets a person choose files, or a folder with all that is in it; an empty list when they change their mind. The input
 * stays in the page while the dialog is open: one that nothing holds may be collected before the answer comes, which is
 * then heard by nobody.
 */
export function pickFiles(what: 'files' | 'folder' = 'files'): Promise<readonly File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    input.type = 'file'
    input.multiple = true
    input.webkitdirectory = what === 'folder'
    input.hidden = true
    const answer = (files: readonly File[]): void => {
      input.remove()
      resolve(files)
    }
    input.addEventListener('change', () => answer([...(input.files ?? [])]))
    input.addEventListener('cancel', () => answer([]))
    document.body.append(input)
    input.click()
  })
}
