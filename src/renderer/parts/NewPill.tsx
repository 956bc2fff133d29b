/** Newcomers that wait so that nothing jumps under the pointer. */
export function NewPill({ waiting, onShow }: { readonly waiting: number; readonly onShow: () => void }) {
  return (
    <button type="button" className="pill-new" onClick={onShow}>
      {waiting} new
    </button>
  )
}
