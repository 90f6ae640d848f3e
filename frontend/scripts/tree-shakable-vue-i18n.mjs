/**
 * vue-i18n looks up a name in the namespace of Vue at run time, which keeps every export of Vue in the
 * bundle (about 12 kB compressed). The name only exists in Vue 3.6, so here the lookup is what it
 * comes down to. An upgrade that changes the code fails the build instead of losing the effect.
 *
 * @returns {import('vite').Plugin}
 */
export function treeShakableVueI18n() {
  return {
    name: 'musubi:tree-shakable-vue-i18n',
    apply: 'build',
    transform: {
      filter: { id: /\/vue-i18n\/dist\/vue-i18n\.runtime\.mjs$/ },
      handler(code) {
        const lookup =
          /if \(key in Vue\) \{\s*return Vue\[key\];\s*\}\s*else \{\s*(return Vue\.getCurrentInstance\(\);)\s*\}/
        if (!lookup.test(code)) this.error('vue-i18n has changed: see whether this is still needed')
        return { code: code.replace(lookup, '$1'), map: null }
      },
    },
  }
}
