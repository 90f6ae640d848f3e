const ENTRY = /\/src\/app\/main\.ts$/
const LIBRARY = /\/node_modules\//

/**
 * @typedef {{ getModuleInfo: (id: string) => { importers: readonly string[] } | null }} Graph
 */

/**
 * Groups that put what every page load needs into two files, libraries and our own code, which change
 * at different times. Left alone, the bundler makes a file of each set of pages that share something,
 * and a page load begins with dozens of small ones, which compress worse, too.
 */
export function initialChunks() {
  /** @type {Map<string, boolean>} */
  const known = new Map()

  /**
   * Whether a chain of static imports leads from the entry to this module.
   *
   * @param {string} id
   * @param {Graph} graph
   * @returns {boolean}
   */
  function isInitial(id, graph) {
    const answer = known.get(id)
    if (answer !== undefined) return answer
    known.set(id, false) // Imports in a circle lead nowhere new.
    const importers = graph.getModuleInfo(id)?.importers ?? []
    const initial = ENTRY.test(id) || importers.some((importer) => isInitial(importer, graph))
    known.set(id, initial)
    return initial
  }

  /**
   * @param {string} name
   * @param {number} priority
   * @param {RegExp} [test]
   */
  const group = (name, priority, test) => ({
    debugName: name,
    priority,
    test,
    name: (/** @type {string} */ id, /** @type {Graph} */ graph) =>
      isInitial(id, graph) ? name : null,
  })

  // A group takes the imports of its modules along, so the libraries come first.
  return [group('libraries', 2, LIBRARY), group('core', 1)]
}
