import type { Palette } from './palette-of-page.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface GroupOutline {
  readonly name: string
  readonly points: readonly Point[]
}

/** Room between a group's outermost machines and its outline, in pixels. */
const roomPx = 26

/** The points around all others, in order (Andrew's monotone chain). */
export function hullOf(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y)
  if (sorted.length < 3) return sorted
  const half = (line: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const point of line) {
      for (;;) {
        const a = chain.at(-2)
        const b = chain.at(-1)
        if (a === undefined || b === undefined) break
        if ((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 0) break
        chain.pop()
      }
      chain.push(point)
    }
    chain.pop()
    return chain
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

/** An outline and a name around each group. */
export function drawGroups(
  canvas: HTMLCanvasElement,
  groups: readonly GroupOutline[],
  size: { readonly width: number; readonly height: number },
  palette: Palette,
): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const density = window.devicePixelRatio
  const widthPx = Math.round(size.width * density)
  const heightPx = Math.round(size.height * density)
  if (canvas.width !== widthPx || canvas.height !== heightPx) {
    canvas.width = widthPx
    canvas.height = heightPx
    canvas.style.width = `${size.width}px`
    canvas.style.height = `${size.height}px`
  }
  context.setTransform(density, 0, 0, density, 0, 0)
  context.clearRect(0, 0, size.width, size.height)
  for (const { name, points } of groups) {
    const hull = hullOf(points)
    const [first] = hull
    if (first === undefined) continue
    // A thick round line around the hull, then its inside taken away: an outline at an even distance.
    context.save()
    context.lineJoin = 'round'
    context.lineCap = 'round'
    const path = new Path2D()
    path.moveTo(first.x, first.y)
    for (const point of hull.slice(1)) path.lineTo(point.x, point.y)
    path.closePath()
    context.strokeStyle = palette.group
    context.lineWidth = roomPx * 2 + 3
    context.stroke(path)
    context.strokeStyle = palette.panel
    context.fillStyle = palette.panel
    context.lineWidth = roomPx * 2
    context.stroke(path)
    context.fill(path)
    context.restore()
    const top = hull.reduce((best, point) => (point.y < best.y ? point : best), first)
    context.fillStyle = palette.text
    context.font = '600 13px system-ui, sans-serif'
    context.textAlign = 'center'
    context.fillText(name, top.x, Math.max(16, top.y - roomPx - 8))
  }
}
