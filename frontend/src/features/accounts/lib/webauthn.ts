import { AppError } from '@/api'
import { CANCELLED, PASSKEY_FAILED, PASSKEY_KNOWN } from '@/api/app-error'
import type { Assertion, NewCredential } from '@/api/generated/types.gen'

/**
 * What the server sends for `navigator.credentials`, in the JSON form of WebAuthn Level 3. Browsers
 * convert it themselves by now, but not all that know passkeys.
 */
type Options = Record<string, unknown>

/**
 * Whether this browser can use passkeys here. Without https it has no `PublicKeyCredential` (but at
 * localhost), and at an IP address it refuses.
 */
export function passkeysWork(hostname: string = location.hostname): boolean {
  const isAddress = /^[\d.]+$/u.test(hostname) || hostname.startsWith('[')
  return 'PublicKeyCredential' in window && !isAddress
}

function toBytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function toBase64url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

type Descriptor = Options & { id: string }

function withBytes(descriptors: unknown): PublicKeyCredentialDescriptor[] {
  const list = (descriptors ?? []) as Descriptor[]
  return list.map((each) => ({ ...each, id: toBytes(each.id), type: 'public-key' }))
}

/** As `PublicKeyCredential.parseCreationOptionsFromJSON` does it. */
function creationOptions(options: Options): PublicKeyCredentialCreationOptions {
  const user = options.user as Options & { id: string }
  return {
    ...(options as unknown as PublicKeyCredentialCreationOptions),
    challenge: toBytes(options.challenge as string),
    user: { ...(user as unknown as PublicKeyCredentialUserEntity), id: toBytes(user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
  }
}

/** As `PublicKeyCredential.parseRequestOptionsFromJSON` does it. */
function requestOptions(options: Options): PublicKeyCredentialRequestOptions {
  return {
    ...options,
    challenge: toBytes(options.challenge as string),
    allowCredentials: withBytes(options.allowCredentials),
  }
}

/** Says in our terms what `navigator.credentials` rejected with. Who closed the dialog needs no message. */
function passkeyError(thrown: unknown): AppError {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError' || name === 'AbortError') {
    return new AppError({ code: CANCELLED, cause: thrown })
  }
  const code = name === 'InvalidStateError' ? PASSKEY_KNOWN : PASSKEY_FAILED
  return new AppError({ code, cause: thrown })
}

async function ask(request: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request()
    if (credential) return credential as PublicKeyCredential
  } catch (thrown) {
    throw passkeyError(thrown)
  }
  throw new AppError({ code: PASSKEY_FAILED })
}

function common({ id, rawId }: PublicKeyCredential) {
  return { id, rawId: toBase64url(rawId), type: 'public-key' as const }
}

/** Has the browser make a passkey. Rejects with an `AppError`: `CANCELLED`, `PASSKEY_KNOWN` or `PASSKEY_FAILED`. */
export async function createPasskey(options: Options): Promise<NewCredential> {
  const credential = await ask(() =>
    navigator.credentials.create({ publicKey: creationOptions(options) }),
  )
  const response = credential.response as AuthenticatorAttestationResponse
  return {
    ...common(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      attestationObject: toBase64url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  }
}

/** Has the browser sign with a passkey that the person chooses. Rejects like `createPasskey`. */
export async function signWithPasskey(options: Options): Promise<Assertion> {
  const credential = await ask(() =>
    navigator.credentials.get({ publicKey: requestOptions(options) }),
  )
  const response = credential.response as AuthenticatorAssertionResponse
  return {
    ...common(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      authenticatorData: toBase64url(response.authenticatorData),
      signature: toBase64url(response.signature),
      userHandle: response.userHandle ? toBase64url(response.userHandle) : null,
    },
  }
}
