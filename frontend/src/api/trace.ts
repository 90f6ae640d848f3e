const random = (bytes: number) =>
  [...crypto.getRandomValues(new Uint8Array(bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')

/**
 * A `traceparent` (W3C Trace Context) for a request to the API: a span of the trace that `earlier` belongs
 * to, else of a new one. By its id a request that went wrong is found in the server's log and traces.
 */
export function traceparent(earlier?: string): string {
  return `00-${earlier?.slice(3, 35) ?? random(16)}-${random(8)}-01`
}
