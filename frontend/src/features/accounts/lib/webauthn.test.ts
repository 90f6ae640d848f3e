import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPasskey, passkeysWork, signWithPasskey } from './webauthn'

const bytes = (...values: number[]) => new Uint8Array(values).buffer

function withCredentials(credentials: Partial<CredentialsContainer>) {
  vi.stubGlobal('PublicKeyCredential', Object)
  vi.stubGlobal('navigator', { ...navigator, credentials })
}

const rejecting = (name: string) => () => Promise.reject(new DOMException('no', name))

afterEach(() => vi.unstubAllGlobals())

describe('where passkeys work', () => {
  it.each([
    ['localhost', true],
    ['musubi.example.org', true],
    ['127.0.0.1', false],
    ['[::1]', false],
  ])('at %s: %s', (hostname, expected) => {
    vi.stubGlobal('PublicKeyCredential', Object)
    expect(passkeysWork(hostname)).toBe(expected)
  })

  it('not in a browser, or without https, that has none', () => {
    expect('PublicKeyCredential' in window).toBe(false)
    expect(passkeysWork('localhost')).toBe(false)
  })
})

describe('making a passkey', () => {
  const options = {
    challenge: '-_8',
    rp: { id: 'localhost', name: 'Musubi' },
    user: { id: 'AQI', name: 'hanako', displayName: 'Hanako' },
    excludeCredentials: [{ id: '_w', type: 'public-key', transports: ['usb'] }],
  }

  it('gives the browser bytes, and the server text', async () => {
    const create = vi.fn<CredentialsContainer['create']>(() =>
      Promise.resolve({
        id: '-_8',
        rawId: bytes(251, 255),
        type: 'public-key',
        response: {
          clientDataJSON: bytes(1),
          attestationObject: bytes(2),
          getTransports: () => ['internal'],
        },
      } as unknown as PublicKeyCredential),
    )
    withCredentials({ create })
    expect(await createPasskey(options)).toEqual({
      id: '-_8',
      rawId: '-_8',
      type: 'public-key',
      response: { clientDataJSON: 'AQ', attestationObject: 'Ag', transports: ['internal'] },
    })
    const asked = create.mock.calls[0]![0]!.publicKey!
    expect(asked.challenge).toEqual(new Uint8Array([251, 255]))
    expect(asked.user).toEqual({
      id: new Uint8Array([1, 2]),
      name: 'hanako',
      displayName: 'Hanako',
    })
    expect(asked.excludeCredentials).toEqual([
      { id: new Uint8Array([255]), type: 'public-key', transports: ['usb'] },
    ])
  })

  it.each([
    ['NotAllowedError', 'CANCELLED'],
    ['AbortError', 'CANCELLED'],
    ['InvalidStateError', 'PASSKEY_KNOWN'],
    ['SecurityError', 'PASSKEY_FAILED'],
  ])('that ends in a %s is %s', async (name, code) => {
    withCredentials({ create: rejecting(name) })
    await expect(createPasskey(options)).rejects.toMatchObject({ code, status: 0 })
  })

  it('that the browser answers with nothing has failed', async () => {
    withCredentials({ create: () => Promise.resolve(null) })
    await expect(createPasskey(options)).rejects.toMatchObject({ code: 'PASSKEY_FAILED' })
  })
})

describe('signing with a passkey', () => {
  it('works for whichever passkey the person chooses', async () => {
    const get = vi.fn<CredentialsContainer['get']>(() =>
      Promise.resolve({
        id: 'AQ',
        rawId: bytes(1),
        type: 'public-key',
        response: {
          clientDataJSON: bytes(1),
          authenticatorData: bytes(2),
          signature: bytes(3),
          userHandle: null,
        },
      } as unknown as PublicKeyCredential),
    )
    withCredentials({ get })
    expect(await signWithPasskey({ challenge: 'AQ', rpId: 'localhost' })).toEqual({
      id: 'AQ',
      rawId: 'AQ',
      type: 'public-key',
      response: {
        clientDataJSON: 'AQ',
        authenticatorData: 'Ag',
        signature: 'Aw',
        userHandle: null,
      },
    })
    expect(get.mock.calls[0]![0]!.publicKey).toEqual({
      challenge: new Uint8Array([1]),
      rpId: 'localhost',
      allowCredentials: [],
    })
  })
})
