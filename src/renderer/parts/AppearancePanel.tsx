import { SegmentedControl } from '@mantine/core'
import { useTheme } from './ThemeButton.tsx'

export function AppearancePanel() {
  const { choice, choose } = useTheme()
  return (
    <section className="panel" aria-label="Appearance">
      <h2>Appearance</h2>
      <SegmentedControl
        size="xs"
        aria-label="Theme"
        value={choice}
        data={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
        onChange={(value: string) => choose(value === 'light' || value === 'dark' ? value : 'system')}
      />
    </section>
  )
}
