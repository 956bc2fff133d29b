import { Radio, Select, TextInput } from '@mantine/core'
import { useStore } from 'zustand'
import type { FileDraftErrors, FileSettingsDraft } from '../../state/file-settings-form.ts'
import { useStores } from '../../state/context.ts'

interface ArchiveFieldsProps {
  readonly draft: FileSettingsDraft
  readonly errors: FileDraftErrors
  readonly onChange: (change: Partial<FileSettingsDraft>) => void
}

/** What this peer keeps for the swarm by itself. */
export function ArchiveFields({ draft, errors, onChange }: ArchiveFieldsProps) {
  return (
    <>
      <Radio.Group
        label="Keep what others share"
        value={draft.archive}
        onChange={(value) => onChange({ archive: value === 'all' ? 'all' : value === 'query' ? 'query' : 'off' })}
      >
        <div className="choices">
          <Radio value="off" label="No" description="only what a person here keeps" />
          <Radio value="all" label="Everything" description="an archive of the swarm: as long as the disk has room" />
          <Radio value="query" label="What fits…" description="an archive of one robot, or of one kind of recording" />
        </div>
      </Radio.Group>
      {draft.archive === 'query' ? <QueryFields draft={draft} errors={errors} onChange={onChange} /> : null}
      <TextInput
        label="Copies of each file"
        description="Servers and archives that want two or more agree by themselves which of them fetches what has fewer"
        inputMode="numeric"
        styles={{ input: { maxWidth: '12rem' } }}
        value={draft.copies}
        error={errors.copies}
        maxLength={3}
        onChange={(event) => onChange({ copies: event.currentTarget.value })}
      />
    </>
  )
}

function QueryFields({ draft, errors, onChange }: ArchiveFieldsProps) {
  const { fleet } = useStores()
  const known = useStore(fleet.store, (state) => (state.phase === 'ready' ? state.items : null))
  const names = [...(known?.values() ?? [])]
    .filter(({ self }) => !self)
    .map(({ peer, name }) => ({ value: peer as string, label: name }))
    .toSorted((a, b) => a.label.localeCompare(b.label))
  const { archiveOrigin: chosen } = draft
  if (chosen !== '' && !names.some(({ value }) => value === chosen)) {
    names.push({ value: chosen, label: `…${chosen.slice(-8)}` })
  }
  return (
    <fieldset className="inline hours" aria-label="What is kept">
      <Select
        label="Robot"
        size="xs"
        w="11rem"
        placeholder="any"
        clearable
        searchable
        data={names}
        value={chosen === '' ? null : chosen}
        onChange={(value) => onChange({ archiveOrigin: value ?? '' })}
      />
      <QueryField
        label="Words"
        widthRem={9}
        maxLength={200}
        value={draft.archiveSearch}
        error={errors.archive}
        onChange={(archiveSearch) => onChange({ archiveSearch })}
      />
      <QueryField
        label="Topic"
        widthRem={11}
        maxLength={256}
        value={draft.archiveTopic}
        onChange={(archiveTopic) => onChange({ archiveTopic })}
      />
    </fieldset>
  )
}

interface QueryFieldProps {
  readonly label: string
  readonly widthRem: number
  readonly maxLength: number
  readonly value: string
  readonly error?: string | undefined
  readonly onChange: (value: string) => void
}

/** A wish that may be left open. */
function QueryField({ widthRem, onChange, ...field }: QueryFieldProps) {
  return (
    <TextInput
      {...field}
      size="xs"
      w={`${widthRem}rem`}
      placeholder="any"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
