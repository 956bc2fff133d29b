import { Tabs } from '@mantine/core'
import type { ReactNode } from 'react'

export interface PageTab<Name extends string> {
  readonly name: Name
  readonly label: string
  readonly content: () => ReactNode
}

interface PageTabsProps<Name extends string> {
  /** What the tabs are about, for those who hear the page. */
  readonly label: string
  readonly tabs: readonly PageTab<Name>[]
  readonly chosen: Name
  readonly onChoose: (name: Name) => void
}

/** The tabs of a page whose choice is part of its address; only the chosen one is drawn. */
export function PageTabs<Name extends string>({ label, tabs, chosen, onChoose }: PageTabsProps<Name>) {
  return (
    <Tabs
      value={chosen}
      onChange={(value) => {
        const next = tabs.find((one) => one.name === value)
        if (next !== undefined) onChoose(next.name)
      }}
      keepMounted={false}
    >
      <Tabs.List aria-label={label}>
        {tabs.map((one) => (
          <Tabs.Tab key={one.name} value={one.name}>
            {one.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((one) => (
        <Tabs.Panel key={one.name} value={one.name} className="tab">
          {one.name === chosen ? one.content() : null}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
