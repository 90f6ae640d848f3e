/**
 * Where uploads went on that a page load has cut off, so that the same file, chosen again, goes on from
 * there. An address opens nothing without a session, and all of them are forgotten when that ends.
 */
const PREFIX = 'musubi.upload:'

function keyOf({ name, size, lastModified }: File, itemId: number | undefined): string {
  return PREFIX + JSON.stringify([name, size, lastModified, itemId ?? null])
}

/** Runs what needs the storage; where that is blocked, an upload simply begins anew. */
function attempt<Result>(run: () => Result): Result | null {
  try {
    return run()
  } catch {
    return null
  }
}

/** Addresses that are in use in this tab: a file that is chosen twice is two uploads. */
const inUse = new Set<string>()

/** The place of one file's upload in the memory of this browser. */
export function unfinishedUpload(file: File, itemId: number | undefined) {
  const key = keyOf(file, itemId)
  let own: string | null = null

  function forget(): void {
    if (own === null) return
    inUse.delete(own)
    const url = own
    own = null
    attempt(() => {
      if (localStorage.getItem(key) === url) localStorage.removeItem(key)
    })
  }

  return {
    /** The address of an earlier upload of this file under `endpoint`, or null. */
    find(endpoint: string): string | null {
      const url = attempt(() => localStorage.getItem(key))
      if (!url?.startsWith(`${endpoint}/`) || inUse.has(url)) return null
      inUse.add((own = url))
      return url
    },
    remember(url: string): void {
      if (own === url) return
      forget()
      inUse.add((own = url))
      attempt(() => localStorage.setItem(key, url))
    },
    forget,
  }
}

/** Forgets all of them. */
export function forgetUnfinishedUploads(): void {
  inUse.clear()
  attempt(() => {
    const own = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
    for (const key of own) localStorage.removeItem(key)
  })
}
