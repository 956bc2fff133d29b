/** Of settings those that differ from what they were: the rest is not sent, for somebody else may have changed it since. */
export function differing<Values extends object>(now: Values, before: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(now).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof Values])),
  ) as Partial<Values>
}
