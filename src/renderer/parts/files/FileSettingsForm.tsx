import { Radio, TextInput, Textarea } from '@mantine/core'
import type { Settings } from '../../../shared/views.ts'
import { useStores } from '../../state/context.ts'
import { differing } from '../../state/differing.ts'
import {
  checkFiles,
  draftOfFiles,
  filesOf,
  isFine,
  sameFiles,
  type FileSettingsDraft,
} from '../../state/file-settings-form.ts'
import { useSettingsDraft } from '../../state/use-settings-draft.ts'
import { DraftForm } from '../DraftForm.tsx'
import { ArchiveFields } from './ArchiveFields.tsx'
import { LimitFields } from './LimitFields.tsx'

/** A number needs less room than the sentence above it. */
const short = { input: { maxWidth: '12rem' } }

/** How this peer keeps, shares and fetches files; in force as soon as it is saved. */
export function FileSettingsForm({ inForce }: { readonly inForce: Settings }) {
  const { storage, archive } = useStores()
  const form = useSettingsDraft<FileSettingsDraft>({
    inForce,
    draftOf: ({ files }) => draftOfFiles(files),
    changesOf: (draft, opened) => ({ files: differing(filesOf(draft), filesOf(opened)) }),
    fine: (draft) => isFine(checkFiles(draft)),
    changed: (draft, opened) => !sameFiles(draft, filesOf(opened)),
    after: () => Promise.all([storage.load(), archive.load()]),
  })
  const { draft, put } = form
  const errors = checkFiles(draft)
  return (
    <DraftForm label="File settings" title="Content store" form={form}>
      <Radio.Group
        aria-label="Content store"
        value={draft.store}
        onChange={(value) => put({ store: value === 'kubo' ? 'kubo' : 'embedded' })}
      >
        <div className="choices">
          <Radio value="embedded" label="Embedded" description="dt-swarm keeps the blocks itself; nothing to install" />
          <Radio value="kubo" label="Kubo" description="an IPFS daemon that runs beside it keeps and gives them" />
        </div>
      </Radio.Group>
      {draft.store === 'kubo' ? (
        <TextInput
          label="Address of Kubo's RPC API"
          description="Shares are taken along: nothing that is shared is lost by changing"
          value={draft.kuboUrl}
          error={errors.kuboUrl}
          maxLength={512}
          onChange={(event) => put({ kuboUrl: event.currentTarget.value })}
        />
      ) : null}
      <h2>Share folder</h2>
      <Textarea
        label="Left alone"
        description="What in the share folder is not shared, one pattern a line, as in .gitignore"
        placeholder={'*.tmp\n/private/'}
        autosize
        minRows={2}
        maxRows={8}
        value={draft.ignore}
        error={errors.ignore}
        onChange={(event) => put({ ignore: event.currentTarget.value })}
      />
      <TextInput
        label="Largest file, MB"
        description="Larger ones in the share folder are not shared; empty: any size"
        inputMode="decimal"
        styles={short}
        value={draft.maxFileMb}
        error={errors.maxFileMb}
        onChange={(event) => put({ maxFileMb: event.currentTarget.value })}
      />
      <Radio.Group
        label="When a file is deleted from the share folder"
        value={draft.whenDeleted}
        onChange={(value) => put({ whenDeleted: value === 'keep' ? 'keep' : 'unshare' })}
      >
        <div className="choices">
          <Radio value="unshare" label="Stop sharing it" description="its copy here may be removed" />
          <Radio value="keep" label="Go on sharing it" description="from the copy in this peer's store" />
        </div>
      </Radio.Group>
      <h2>Limits</h2>
      <LimitFields draft={draft} errors={errors} onChange={put} />
      <TextInput
        label="Room for copies, GB"
        description="Beyond it, fetched copies that nobody keeps are removed, the oldest first; empty: while the disk has room"
        inputMode="decimal"
        styles={short}
        value={draft.quotaGb}
        error={errors.quotaGb}
        onChange={(event) => put({ quotaGb: event.currentTarget.value })}
      />
      <h2>Archive</h2>
      <ArchiveFields draft={draft} errors={errors} onChange={put} />
    </DraftForm>
  )
}
