import { defineStore } from 'pinia'
import {
  computed,
  type MaybeRefOrGetter,
  onScopeDispose,
  shallowReactive,
  toValue,
  watch,
} from 'vue'
import { apiUrl } from '@/api/direct'
import { listFileLinks } from '@/api/generated/sdk.gen'
import type { FileLinks } from '@/api/generated/types.gen'
import { onSessionEnd } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'

/** How many the server answers for at once. */
const MOST = 100
/** A link is replaced so long before it expires, in milliseconds. */
const MARGIN_MS = 300_000
/** When to ask again after a failure, or for a file that one may not read (yet), in milliseconds. */
const PATIENCE_MS = 30_000
/** Timers can't wait for longer than this. */
const LONGEST_MS = 2_000_000_000

const useFileLinkStore = defineStore('fileLinks', () => {
  const account = useSessionStore()
  const links = shallowReactive(new Map<string, FileLinks>())
  /** Those that the server gave no link for. */
  const missing = shallowReactive(new Set<string>())
  /** By when to ask again for a file that something shows. */
  const due = new Map<string, number>()
  /** When a file was last asked for. */
  const asked = new Map<string, number>()
  /** How many show a file. */
  const shown = new Map<string, number>()
  const wanted = new Set<string>()
  let isCollecting = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts sessions, since an answer of the last one is nothing for the next. */
  let session = 0

  async function ask(names: readonly string[]): Promise<void> {
    const asking = session
    const now = Date.now()
    for (const name of names) {
      asked.set(name, now)
      due.set(name, now + PATIENCE_MS)
    }
    // The page of a session that has just ended may be there a little longer.
    if (!account.isSignedIn) return plan()
    try {
      const { data } = await listFileLinks({ query: { name: [...names] } })
      if (asking !== session) return
      const until = Math.max(Date.parse(data.expires_at) - MARGIN_MS, now + PATIENCE_MS)
      for (const name of names) links.delete(name)
      for (const { url, thumbnail_url: thumbnail, ...rest } of data.data) {
        const resolved = { url: apiUrl(url), thumbnail_url: thumbnail && apiUrl(thumbnail) }
        links.set(rest.stored_name, { ...rest, ...resolved })
        due.set(rest.stored_name, until)
      }
      for (const name of names) {
        if (links.has(name)) missing.delete(name)
        else missing.add(name)
      }
    } catch {
      // What shows the files does without pictures until the next attempt.
    }
    if (asking === session) plan()
  }

  function collect(): void {
    isCollecting = false
    const names = [...wanted]
    wanted.clear()
    for (let at = 0; at < names.length; at += MOST) void ask(names.slice(at, at + MOST))
  }

  function want(name: string): void {
    wanted.add(name)
    if (isCollecting) return
    isCollecting = true
    queueMicrotask(collect)
  }

  /** Forgets what nothing shows any more, and asks again for the rest when it is time. */
  function refresh(): void {
    const now = Date.now()
    for (const [name, at] of due) {
      if (at > now) continue
      if (shown.has(name)) want(name)
      else forget(name)
    }
    plan()
  }

  function plan(): void {
    clearTimeout(timer)
    if (due.size === 0) return
    const wait = Math.max(1000, Math.min(...due.values()) - Date.now())
    timer = setTimeout(refresh, Math.min(wait, LONGEST_MS))
  }

  function forget(name: string): void {
    due.delete(name)
    asked.delete(name)
    links.delete(name)
    missing.delete(name)
  }

  /** Something shows the file from now on. */
  function hold(name: string): void {
    shown.set(name, (shown.get(name) ?? 0) + 1)
    if ((due.get(name) ?? 0) <= Date.now()) want(name)
  }

  function release(name: string): void {
    const left = (shown.get(name) ?? 1) - 1
    if (left > 0) shown.set(name, left)
    else shown.delete(name)
  }

  /** The link of a file didn't work: gets another one, unless this one can't be too old. */
  function renew(name: string): void {
    if (Date.now() - (asked.get(name) ?? 0) < PATIENCE_MS) return
    links.delete(name)
    want(name)
  }

  function reset(): void {
    session += 1
    clearTimeout(timer)
    links.clear()
    missing.clear()
    due.clear()
    asked.clear()
    wanted.clear()
    // What shows something still when another person has signed in is for that one now.
    for (const name of shown.keys()) want(name)
  }

  const stopFollowing = onSessionEnd(reset)
  onScopeDispose(() => {
    stopFollowing()
    clearTimeout(timer)
  })

  return { links, missing, hold, release, renew }
})

/**
 * The links of files by their stored names, for those that the person may read; they are asked for
 * together, kept while they last, and resolved as `apiUrl` does it.
 */
export function useFileLinks(
  names: MaybeRefOrGetter<readonly string[]>,
): ReadonlyMap<string, FileLinks> {
  const { links, hold, release } = useFileLinkStore()
  let held: readonly string[] = []
  watch(
    computed(() => [...new Set(toValue(names))]),
    (now) => {
      now.forEach(hold)
      held.forEach(release)
      held = now
    },
    { immediate: true },
  )
  onScopeDispose(() => held.forEach(release))
  return links
}

/**
 * Those of the files that something shows which are gone, or which the person may not read: the server was
 * asked, and gave no link.
 */
export function useMissingFiles(): ReadonlySet<string> {
  return useFileLinkStore().missing
}

/** What gets another link for a file whose one didn't work. */
export function useLinkRenewal(): (name: string) => void {
  return useFileLinkStore().renew
}
