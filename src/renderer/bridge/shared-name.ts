/** Files of dropped folders, by the path that they had below what was dropped: a File itself keeps only its own name. */
const relativeNames = new WeakMap<File, string>()

/** Remembers that a file came out of a folder: "run-17/camera.bag". */
export function nameWithin(file: File, path: string): File {
  relativeNames.set(file, path)
  return file
}

/** The name under which a file is shared: with the folders that were dropped or chosen with it, parted by `/`. */
export function sharedName(file: File): string {
  const known = relativeNames.get(file)
  if (known !== undefined) return known
  return file.webkitRelativePath === '' || file.webkitRelativePath === undefined ? file.name : file.webkitRelativePath
}
