import { Select, Switch, Textarea, TextInput } from '@mantine/core'
import type { Settings } from '../../shared/views.ts'
import { changesOf, checkDraft, draftOf, settingsOf, type SettingsDraft } from '../state/settings-form.ts'
import { useSettingsDraft } from '../state/use-settings-draft.ts'
import { DraftForm } from './DraftForm.tsx'

const roles = [
  { value: 'operator', label: 'operator: sees and steers the swarm' },
  { value: 'robot', label: 'robot: shares its logs and health' },
  { value: 'server', label: 'server: always up, keeps copies' },
]

const waitingWords = { listen: 'the listen addresses', mdns: 'mDNS', role: 'the role' } as const

/** The settings that wait for a Save: changed ones only are sent. */
export function SettingsForm({ inForce }: { readonly inForce: Settings }) {
  const form = useSettingsDraft<SettingsDraft>({
    inForce,
    draftOf,
    changesOf,
    fine: (draft) => Object.keys(checkDraft(draft)).length === 0,
    changed: (draft, opened) => Object.keys(changesOf(draft, opened)).length > 0,
  })
  const { draft, opened, put, saved } = form
  const errors = checkDraft(draft)
  return (
    <DraftForm
      label="Peer settings"
      title="This peer"
      form={form}
      savedWords={<SavedWords waiting={(saved?.waiting ?? []).map((key) => waitingWords[key])} />}
      unsavedWords={changedWords(Object.keys(changesOf(draft, opened)).length, settingsOf(draft).name)}
    >
      <TextInput
        label="Name"
        description="How others see this peer"
        value={draft.name}
        error={errors.name}
        maxLength={63}
        onChange={(event) => put({ name: event.currentTarget.value })}
      />
      <Select
        label="Role"
        description="Waits for the next start"
        data={roles}
        allowDeselect={false}
        value={draft.role}
        onChange={(value) => {
          if (value === 'operator' || value === 'robot' || value === 'server') put({ role: value })
        }}
      />
      <TextInput
        label="Share folder"
        description="What lies here is shared with the swarm once it stops growing"
        value={draft.shareDir}
        error={errors.shareDir}
        onChange={(event) => put({ shareDir: event.currentTarget.value })}
      />
      <TextInput
        label="Download folder"
        description="Where fetched files are written"
        value={draft.downloadDir}
        error={errors.downloadDir}
        onChange={(event) => put({ downloadDir: event.currentTarget.value })}
      />
      <h2>Network</h2>
      <Switch
        label="Find peers of this network by mDNS"
        description="Waits for the next start"
        checked={draft.mdns}
        onChange={(event) => put({ mdns: event.currentTarget.checked })}
      />
      <Textarea
        label="Bootstrap"
        description="Peers of other networks to dial, one multiaddress a line"
        placeholder="/ip4/192.168.1.5/tcp/4040"
        autosize
        minRows={2}
        maxRows={8}
        value={draft.bootstrap}
        error={errors.bootstrap}
        onChange={(event) => put({ bootstrap: event.currentTarget.value })}
      />
      <Textarea
        label="Listen"
        description="Where others can dial this peer, one multiaddress a line; waits for the next start"
        autosize
        minRows={2}
        maxRows={8}
        value={draft.listen}
        error={errors.listen}
        onChange={(event) => put({ listen: event.currentTarget.value })}
      />
    </DraftForm>
  )
}

function changedWords(count: number, name: string): string {
  return `${count} ${count === 1 ? 'change' : 'changes'} to ${name === '' ? 'this peer' : name}, not saved`
}

function SavedWords({ waiting }: { readonly waiting: readonly string[] }) {
  return waiting.length === 0 ? (
    <span className="level-ok">✓ Saved</span>
  ) : (
    <span>
      <span className="level-ok">✓ Saved.</span> {waiting.join(' and ')}{' '}
      {waiting.length === 1 && waiting[0] !== 'the listen addresses' ? 'waits' : 'wait'} for the next start of dt-swarm.
    </span>
  )
}
