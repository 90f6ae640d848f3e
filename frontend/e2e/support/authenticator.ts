import type { CDPSession, Page } from '@playwright/test'

/** A key of the browser's own, whose owner always says yes. */
export interface Authenticator {
  /** How many passkeys it holds. */
  count(): Promise<number>
  /** Whether its owner proves who they are, by a finger for instance. */
  setUnlocked(isUnlocked: boolean): Promise<void>
}

/** Gives the browser of a page an authenticator as phones and laptops have it. */
export async function plugInAuthenticator(page: Page): Promise<Authenticator> {
  const devtools: CDPSession = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    count: async () =>
      (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    setUnlocked: async (isUserVerified) => {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
  }
}
