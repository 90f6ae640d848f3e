/** 128 random bits in hexadecimal. Also works on plain http, where `crypto.randomUUID` doesn't exist. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
