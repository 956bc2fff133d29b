/** Path of Electron's executable if it is on this machine already. */
export function electronRuntime(): string | null
/** Whether the desktop app can open here: its executable, or the reason why not. */
export function desktop(options?: { readonly download?: boolean }): { readonly file?: string; readonly reason?: string }
