const FETCH_ADAPTER = /\/axios\/lib\/adapters\/fetch\.js$/

/**
 * Leaves out of the bundle the adapter by which Axios could also use `fetch` (about 4 kB compressed): in a
 * browser it takes `XMLHttpRequest`, which reports the progress of uploads, too. An upgrade that moves
 * the adapter fails the build instead of losing the effect.
 *
 * @returns {import('vite').Plugin}
 */
export function xhrOnlyAxios() {
  let isReplaced = false
  return {
    name: 'musubi:xhr-only-axios',
    apply: 'build',
    load: {
      filter: { id: FETCH_ADAPTER },
      handler() {
        isReplaced = true
        // What Axios calls an adapter that is not available in the build.
        return 'export const getFetch = () => null'
      },
    },
    buildEnd(error) {
      if (!error && !isReplaced) this.error('Axios has changed: see where its fetch adapter is now')
    },
  }
}
