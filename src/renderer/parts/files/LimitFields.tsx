import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconClock, IconTrash } from '@tabler/icons-react'
import type { FileDraftErrors, FileSettingsDraft, HoursDraft } from '../../state/file-settings-form.ts'

/** What the settings take at most. */
const maxHours = 8

interface LimitFieldsProps {
  readonly draft: FileSettingsDraft
  readonly errors: FileDraftErrors
  readonly onChange: (change: Partial<FileSettingsDraft>) => void
}

/** How fast files may come and go, and at which hours otherwise. */
export function LimitFields({ draft, errors, onChange }: LimitFieldsProps) {
  const { bandwidth, hours } = draft
  const put = (key: string, change: Partial<HoursDraft>): void =>
    onChange({ hours: hours.map((one) => (one.key === key ? { ...one, ...change } : one)) })
  const add = (): void => {
    const key = `h${Math.max(-1, ...hours.map((one) => Number(one.key.slice(1)))) + 1}`
    onChange({ hours: [...hours, { key, from: '08:00', to: '18:00', down: '', up: '' }] })
  }
  return (
    <>
      <div className="inline">
        <TextInput
          label="Down, MB/s"
          placeholder="no limit"
          inputMode="decimal"
          w="9rem"
          value={bandwidth.down}
          error={errors.bandwidth}
          onChange={(event) => onChange({ bandwidth: { ...bandwidth, down: event.currentTarget.value } })}
        />
        <TextInput
          label="Up, MB/s"
          placeholder="no limit"
          inputMode="decimal"
          w="9rem"
          value={bandwidth.up}
          onChange={(event) => onChange({ bandwidth: { ...bandwidth, up: event.currentTarget.value } })}
        />
      </div>
      {hours.map((one, i) => (
        <fieldset key={one.key} className="inline hours" aria-label={`Hours ${i + 1}`}>
          <TextInput
            label="From"
            size="xs"
            w="5.5rem"
            placeholder="08:00"
            value={one.from}
            onChange={(event) => put(one.key, { from: event.currentTarget.value })}
          />
          <TextInput
            label="Until"
            size="xs"
            w="5.5rem"
            placeholder="18:00"
            value={one.to}
            onChange={(event) => put(one.key, { to: event.currentTarget.value })}
          />
          <TextInput
            label="Down, MB/s"
            size="xs"
            w="7rem"
            placeholder="no limit"
            value={one.down}
            onChange={(event) => put(one.key, { down: event.currentTarget.value })}
          />
          <TextInput
            label="Up, MB/s"
            size="xs"
            w="7rem"
            placeholder="no limit"
            value={one.up}
            onChange={(event) => put(one.key, { up: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove the hours from ${one.from}`}
            onClick={() => onChange({ hours: hours.filter(({ key }) => key !== one.key) })}
          >
            <IconTrash size={15} />
          </ActionIcon>
          {errors.hours.has(one.key) ? <span className="level-act">{errors.hours.get(one.key)}</span> : null}
        </fieldset>
      ))}
      {hours.length < maxHours ? (
        <Button
          size="compact-xs"
          variant="default"
          style={{ justifySelf: 'start' }}
          leftSection={<IconClock size={14} aria-hidden />}
          onClick={add}
        >
          Other limits at some hours
        </Button>
      ) : null}
    </>
  )
}
