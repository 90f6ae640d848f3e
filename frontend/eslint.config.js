import vueI18n from '@intlify/eslint-plugin-vue-i18n'
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import pluginVue from 'eslint-plugin-vue'
import vueA11y from 'eslint-plugin-vuejs-accessibility'

/** Modules that a reusable primitive must not know: it gets data and texts from whoever uses it. */
const APPLICATION_LIBRARIES = ['pinia', 'vue-router', 'vue-i18n', 'axios', '@pinia/colada']

/**
 * The direction of imports: app → features → realtime → shared → api. Each entry forbids what the
 * layer must not see.
 */
/**
 * @param {string[]} files
 * @param {{ group: string[], message: string }[]} patterns
 * @param {{ name: string, message: string }[]} paths
 * @returns {import('typescript-eslint').ConfigArray[number]}
 */
function layer(files, patterns, paths = []) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns, paths }] } }
}

const noApp = { group: ['@/app/*', '@/app'], message: 'Only src/app wires things together.' }
const noFeatures = { group: ['@/features/*'], message: 'This layer must not know any feature.' }
const noRealtime = {
  group: ['@/realtime/*', '@/realtime'],
  message: 'Live data is for features and the application.',
}

export default defineConfigWithVueTs(
  {
    ignores: [
      'src/api/generated/**',
      'src/realtime/generated/**',
      'public/**',
      'coverage/**',
      'playwright-report/**',
      'test-results/**',
    ],
  },
  pluginVue.configs['flat/essential'],
  vueTsConfigs.recommended,
  ...vueA11y.configs['flat/recommended'],
  ...vueI18n.configs['flat/base'],
  {
    settings: {
      'vue-i18n': { localeDir: { pattern: './src/**/locales/*.json', localeKey: 'file' } },
    },
    rules: {
      '@intlify/vue-i18n/no-missing-keys': 'error',
      '@intlify/vue-i18n/no-raw-text': [
        'error',
        { ignoreText: ['·', '—', '–', '/', '×', '#', '@'] },
      ],
    },
  },
  {
    files: ['**/*.{ts,vue}'],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 300 }],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': [
        'error',
        { order: ['defineOptions', 'defineProps', 'defineEmits', 'defineModel', 'defineSlots'] },
      ],
      'vue/no-v-html': 'error',
      'vue/prefer-define-options': 'error',
      'vue/require-typed-ref': 'error',
      'vue/multi-word-component-names': 'off',
      // Wrapping a control and pointing at it are equally accessible; one of the two is enough.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      'vuejs-accessibility/no-static-element-interactions': 'error',
    },
  },
  layer(
    ['src/api/**'],
    [noApp, noFeatures, noRealtime, { group: ['@/shared/*'], message: 'api knows only itself.' }],
  ),
  layer(['src/realtime/**'], [noApp, noFeatures]),
  layer(['src/shared/**'], [noApp, noFeatures, noRealtime]),
  layer(
    ['src/shared/ui/**'],
    [
      noApp,
      noFeatures,
      noRealtime,
      {
        group: ['@/api/*', '@/api', '@/shared/stores/*', '@/shared/composables/*'],
        message: 'Primitives know no store or service.',
      },
    ],
    APPLICATION_LIBRARIES.map((name) => ({ name, message: 'Pass it by props, slots or events.' })),
  ),
  {
    // One rule asks for types: whether what is used as an operand is a ref. Where there are few refs, a third of the time.
    files: ['**/*.test.ts', 'src/testing/**', 'e2e/**', 'scripts/**', '*.{ts,js}'],
    languageOptions: { parserOptions: { projectService: false } },
  },
  // Inside its folder a feature uses relative imports, so any `@/features/…` is a look at another one.
  layer(
    ['src/features/**'],
    [
      noApp,
      {
        group: ['@/features/*', '../../*/**', '../../../*/**'],
        message: 'Features never import each other.',
      },
    ],
  ),
)
