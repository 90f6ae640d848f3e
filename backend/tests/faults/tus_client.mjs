// Uploads a file with tus-js-client: `node tus_client.mjs ENDPOINT TOKEN FILE`, FILE being a video (MP4).
//
// Prints two lines of JSON: the upload's URL once there is one, and then what the last reply said. Whatever becomes of
// the connection, it goes on for a minute without progress.

import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'

// The package is the frontend's.
const { Upload } = createRequire(new URL('../../../frontend/package.json', import.meta.url))('tus-js-client')

const RETRY_MS = 200
const RETRIES = 300

const [endpoint, token, path] = process.argv.slice(2)
let requests = 0

const upload = new Upload(createReadStream(path), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: basename(path), filetype: 'video/mp4' },
  retryDelays: Array(RETRIES).fill(RETRY_MS),
  onBeforeRequest(request) {
    if (request.getMethod() === 'PATCH') requests += 1
  },
  onUploadUrlAvailable() {
    if (requests === 0) console.log(JSON.stringify({ url: upload.url }))
  },
  onSuccess({ lastResponse }) {
    const location = lastResponse.getHeader('Content-Location') ?? null
    console.log(JSON.stringify({ status: lastResponse.getStatus(), location, requests }))
  },
  onError(error) {
    const status = error.originalResponse?.getStatus() ?? null
    console.log(JSON.stringify({ status, error: String(error), requests }))
    process.exitCode = 1
  },
})
upload.start()
