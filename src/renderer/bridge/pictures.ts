/** Addresses of pictures, below the page's own origin: the web server answers them, and in the desktop the app's scheme. */
export function imageUrl(cid: string): string {
  return `/api/files/${cid}/content`
}

export function frameUrl(cid: string, topic: string, atMs: number): string {
  return `/api/files/${cid}/frame?topic=${encodeURIComponent(topic)}&at=${atMs}`
}
