import { expect } from '@playwright/test'
import type { Person } from './people'

/** The link of a kind in the latest mail to an address; it may take the server a moment to write it. */
export async function mailedLink(admin: Person, address: string, path: string): Promise<string> {
  const find = async () =>
    new RegExp(`http://\\S+${path}#token=[\\w.-]+`, 'u').exec(await admin.mailTo(address))?.[0]
  await expect.poll(find, { message: `a mail to ${address} with a link to ${path}` }).toBeTruthy()
  return (await find())!
}
