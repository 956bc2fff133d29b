import mime from 'mime'

/** By the name alone; MCAP and ROS bags are not in the common table. */
export function mediaTypeOf(name: string): string {
  if (name.endsWith('.mcap')) return 'application/x-mcap'
  if (name.endsWith('.bag')) return 'application/x-rosbag'
  if (name.endsWith('.log')) return 'text/plain'
  return mime.getType(name) ?? 'application/octet-stream'
}
