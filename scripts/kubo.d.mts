export const kuboVersion: string
export function findKubo(): string | null
export function buildKuboBehind(): () => void
export function awaitKubo(patienceMs?: number): Promise<{ readonly path: string } | { readonly reason: string }>
