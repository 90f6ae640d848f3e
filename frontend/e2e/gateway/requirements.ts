/** Says what is missing before the first test would fail for it. */
export default function requireAddress(): void {
  if (!process.env.GATEWAY_URL) {
    throw new Error('Set GATEWAY_URL to the address of an installation to test')
  }
}
