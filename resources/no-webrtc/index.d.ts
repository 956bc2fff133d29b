export function webRTC(): never
export const webRTCDirect: typeof webRTC
