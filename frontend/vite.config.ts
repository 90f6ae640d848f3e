import { fileURLToPath, URL } from 'node:url'
import VueI18n from '@intlify/unplugin-vue-i18n/vite'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import icons from 'unplugin-icons/vite'
import { defineConfig } from 'vite'
import { initialChunks } from './scripts/initial-chunks.mjs'
import { docsAssets } from './scripts/docs-assets.mjs'
import { treeShakableVueI18n } from './scripts/tree-shakable-vue-i18n.mjs'
import { xhrOnlyAxios } from './scripts/xhr-only-axios.mjs'

const backend = process.env.MUSUBI_DEV_BACKEND ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/',
  plugins: [
    vue(),
    tailwindcss(),
    icons({ compiler: 'vue3' }),
    VueI18n({
      include: fileURLToPath(new URL('./src/**/locales/*.json', import.meta.url)),
      runtimeOnly: true,
      compositionOnly: true,
      fullInstall: false,
      // The texts are compiled by the build, so that the browser needs no compiler.
      dropMessageCompiler: true,
    }),
    treeShakableVueI18n(),
    xhrOnlyAxios(),
    docsAssets(),
  ],
  define: { __VUE_OPTIONS_API__: 'false' },
  resolve: {
    alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) },
  },
  build: {
    outDir: '../backend/src/musubi/web',
    emptyOutDir: true,
    assetsDir: 'static',
    // The CSP allows no data: scripts or styles, and a few hundred bytes inlined save nothing over HTTP/2.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page says; the texts of a feature are files of their own.
            { name: 'locale-en', test: /\/app\/locales\/en\.json/ },
            { name: 'locale-ja', test: /\/app\/locales\/ja\.json/ },
            ...initialChunks(),
            // Pages with a form have nearly all of the first, and those with a list of the second: apart they
            // would be two dozen small files, whose names alone weigh on the first page load.
            {
              name: 'forms',
              test: /\/src\/shared\/(?:ui\/Ui(?:\w*Field|TextArea|Dialog|ConfirmDialog)|components\/(?:FormAlert|ConfirmedAction)|composables\/use(?:Form|Refusal|DialogAction)|lib\/press)\b/,
            },
            {
              name: 'lists',
              test: /\/src\/shared\/(?:ui\/(?:AsyncState|Ui(?:Skeleton|EmptyState|Pagination))|components\/(?:QueryState|ListPagination|TimeAgo)|composables\/(?:useQueryParams|useClock))\b/,
            },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: backend, changeOrigin: false, ws: true },
      '/health': { target: backend },
    },
  },
})
