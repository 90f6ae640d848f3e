import { afterAll, vi } from 'vitest'

/*
 * The test files of a worker share its process and its document, which are expensive to make anew, but
 * none of our modules: what those keep, and what they listen to, begins and ends with the file.
 */
vi.resetModules()

const ends: (() => void)[] = []

for (const target of [window, document] as EventTarget[]) {
  const add = target.addEventListener
  target.addEventListener = (...event: Parameters<typeof add>) => {
    add.apply(target, event)
    ends.push(() => target.removeEventListener(...event))
  }
  ends.push(() => (target.addEventListener = add))
}

// Each set of modules is one tab of the browser, of which there would be more and more.
const Channel = globalThis.BroadcastChannel
globalThis.BroadcastChannel = class extends Channel {
  constructor(name: string) {
    super(name)
    ends.push(() => this.close())
  }
}
ends.push(() => (globalThis.BroadcastChannel = Channel))

afterAll(() => {
  for (const end of ends) end()
})
