import { SwarmError } from '../../../shared/errors.ts'
import type { ApiPeer } from '../api/api-peer.ts'
import { filePicture, framePicture, pictureHeaders } from '../api/pictures.ts'

/** The peer whose files the page may draw; null while there is none. */
export type PicturePeer = () => Pick<ApiPeer, 'files'> | null

/**
 * `app://dt-swarm/api/files/{cid}/frame` and `…/content`: pictures of recordings and shared pictures, at the paths that
 * the web console has them at. Null: the URL is no such path.
 */
export async function answerPicture(url: string, signal: AbortSignal, peerOf: PicturePeer): Promise<Response | null> {
  const { pathname, searchParams } = new URL(url)
  const [, cid, what] = /^\/api\/files\/([^/]+)\/(frame|content)$/.exec(pathname) ?? []
  if (cid === undefined) return null
  const peer = peerOf()
  if (peer === null) return refusal(503, 'there is no peer just now')
  try {
    const picture =
      what === 'frame' ? await framePicture(peer, cid, searchParams, signal) : await filePicture(peer, cid, signal)
    return new Response(new Uint8Array(picture.bytes), {
      headers: { ...pictureHeaders, 'content-type': picture.mediaType },
    })
  } catch (error) {
    // What is not there, or not now, is all that an <img> can be told.
    return refusal(404, error instanceof SwarmError ? error.message : 'the picture cannot be had')
  }
}

function refusal(status: number, words: string): Response {
  return new Response(words, {
    status,
    headers: { ...pictureHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  })
}
