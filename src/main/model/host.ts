/** How a host is named in a multiaddress. */
export type HostKind = 'ip4' | 'ip6' | 'dns4' | 'dns6'

/** Labels of letters, digits and inner hyphens (RFC 1123, 2.1), also underscores as container networks use them. */
const nameForm =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/
const ip4Form = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const groupForm = /^[0-9A-Fa-f]{1,4}$/

export function isHost(kind: HostKind, name: string): boolean {
  if (kind === 'ip4') return ip4Form.test(name)
  if (kind === 'ip6') return groupsOf(name) !== undefined
  return nameForm.test(name) && !ip4Form.test(name)
}

/** The one way to write a host: names in lower case, IPv6 as RFC 5952 asks. For what `isHost` holds. */
export function canonicalHost(kind: HostKind, name: string): string {
  if (kind === 'ip4') return name
  if (kind === 'ip6') return formatGroups(groupsOf(name) ?? [])
  return name.toLowerCase()
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), or undefined when the text is none. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(readGroup)))
  if (head === undefined || [...head, ...(tail ?? [])].some((group) => group < 0)) return undefined
  // Four dotted numbers stand for the last two groups, nowhere else.
  if (text.includes('.') && !/^[^.]*:\d+\.\d+\.\d+\.\d+$/.test(text)) return undefined
  if (tail === undefined) return head.length === 8 ? head : undefined
  const missing = 8 - head.length - tail.length
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

/** One group, the two of a dotted tail, or -1 for neither. */
function readGroup(text: string): readonly number[] {
  if (groupForm.test(text)) return [Number.parseInt(text, 16)]
  if (!ip4Form.test(text)) return [-1]
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

/** RFC 5952, 4: lower case, no leading zeros, the first of the longest runs of two or more zero groups as `::`. */
function formatGroups(groups: readonly number[]): string {
  let best = { at: -1, length: 1 }
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0
    while (groups[at + length] === 0) length += 1
    if (length > best.length) best = { at, length }
  }
  const words = groups.map((group) => group.toString(16))
  if (best.at < 0) return words.join(':')
  return `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`
}
