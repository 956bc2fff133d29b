import { disableTypes, imageSize } from 'image-size'
import { LogProblem } from './log-problem.ts'
import type { Look } from './looking.ts'
import { headOf, type RangeSource } from './range-source.ts'
import { bareInfo, factsFor } from './recording-info.ts'

/** A JPEG says its size behind what a camera wrote about it, a small picture of itself among that. */
const headBytes = 512 * 1_024

// Kinds that are not looked for, see detect.ts: fewer readers that bytes of strangers reach.
disableTypes([
  'cur',
  'dds',
  'heif',
  'icns',
  'ico',
  'j2c',
  'jp2',
  'jxl',
  'jxl-stream',
  'ktx',
  'pnm',
  'psd',
  'svg',
  'tga',
  'tiff',
])

/** How many pixels a picture says that it has. @throws LogProblem */
export async function lookAtImage(source: RangeSource): Promise<Look> {
  const { width, height, type } = sizeOf(await headOf(source, headBytes))
  return {
    kind: 'image',
    info: bareInfo('image', {
      facts: factsFor([
        ['Pixels', `${width} x ${height}`],
        ['Kind', (type ?? '').toUpperCase()],
      ]),
    }),
    widthPx: width,
    heightPx: height,
  }
}

function sizeOf(head: Uint8Array): { readonly width: number; readonly height: number; readonly type?: string } {
  try {
    const size = imageSize(head)
    if (Number.isSafeInteger(size.width) && Number.isSafeInteger(size.height)) return size
  } catch (error) {
    throw new LogProblem('its head does not say how large it is', { cause: error })
  }
  throw new LogProblem('its head does not say how large it is')
}
