import { ActionIcon, Menu } from '@mantine/core'
import { IconCheck, IconFlag2, IconFlag2Filled } from '@tabler/icons-react'
import type { TransferView } from '../../../shared/views.ts'

const priorities = [
  ['high', 'First', 'before all that wait'],
  ['normal', 'In turn', 'as it came'],
  ['low', 'Last', 'when nothing else waits'],
] as const

interface PriorityMenuProps {
  readonly name: string
  readonly priority: TransferView['priority']
  readonly onChoose: (priority: TransferView['priority']) => void
}

/** Which of those that wait comes first. */
export function PriorityMenu({ name, priority, onChoose }: PriorityMenuProps) {
  const said = priorities.find(([value]) => value === priority)?.[1] ?? ''
  const label = `Priority of ${name}: ${said.toLowerCase()}`
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} title={label}>
          {priority === 'normal' ? <IconFlag2 size={14} /> : <IconFlag2Filled size={14} data-priority={priority} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {priorities.map(([value, word, meaning]) => (
          <Menu.Item
            key={value}
            leftSection={value === priority ? <IconCheck size={14} aria-hidden /> : <span className="menu-gap" />}
            onClick={() => onChoose(value)}
          >
            {word} <span className="dim">{meaning}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
