import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconClock, IconTrash } from '@tabler/icons-react'
import type { FileDraftErrors, FileSettingsDraft, HoursDraft, RateDraft } from '../../state/file-settings-form.ts'

/** What the settings take at most. */
const maxHours = 8

const times = [
  { at: 'from', label: 'From', placeholder: '08:00' },
  { at: 'to', label: 'Until', placeholder: '18:00' },
] as const

const ways = [
  { way: 'down', label: 'Down, MB/s' },
  { way: 'up', label: 'Up, MB/s' },
] as const

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
        <RateFields
          rate={bandwidth}
          widthRem={9}
          error={errors.bandwidth}
          onChange={(change) => onChange({ bandwidth: { ...bandwidth, ...change } })}
        />
      </div>
      {hours.map((one, i) => (
        <fieldset key={one.key} className="inline hours" aria-label={`Hours ${i + 1}`}>
          {times.map(({ at, label, placeholder }) => (
            <TextInput
              key={at}
              label={label}
              size="xs"
              w="5.5rem"
              placeholder={placeholder}
              value={one[at]}
              onChange={(event) => put(one.key, { [at]: event.currentTarget.value })}
            />
          ))}
          <RateFields rate={one} widthRem={7} size="xs" onChange={(change) => put(one.key, change)} />
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

interface RateFieldsProps {
  readonly rate: RateDraft
  readonly widthRem: number
  readonly size?: 'xs'
  readonly error?: string | undefined
  readonly onChange: (change: Partial<RateDraft>) => void
}

/** A limit for each of the two ways; empty for none. */
function RateFields({ rate, widthRem, size, error, onChange }: RateFieldsProps) {
  return ways.map(({ way, label }, i) => (
    <TextInput
      key={way}
      label={label}
      placeholder="no limit"
      inputMode="decimal"
      w={`${widthRem}rem`}
      {...(size === undefined ? {} : { size })}
      value={rate[way]}
      error={i === 0 ? error : undefined}
      onChange={(event) => onChange({ [way]: event.currentTarget.value })}
    />
  ))
}
