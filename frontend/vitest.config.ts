import { defineConfig, mergeConfig } from 'vitest/config'
import viteConfig from './vite.config.ts'

export default mergeConfig(
  viteConfig,
  defineConfig({
    test: {
      restoreMocks: true,
      unstubGlobals: true,
      coverage: { include: ['src/**'], exclude: ['src/api/generated/**', 'src/testing/**'] },
      projects: [
        {
          extends: true,
          test: {
            name: 'app',
            include: ['src/**/*.test.ts'],
            environment: 'happy-dom',
            environmentOptions: {
              happyDOM: { settings: { fetch: { disableSameOriginPolicy: true } } },
            },
            // A process and a document for each file cost four times what the tests do: fresh.ts keeps files apart.
            isolate: false,
            setupFiles: ['./src/testing/fresh.ts', './src/testing/setup.ts'],
            // Style sheets are left out, but for the test that reads the themes.
            css: { include: /\.css\?raw$/ },
          },
        },
        {
          extends: true,
          test: { name: 'scripts', include: ['scripts/**/*.test.ts'], environment: 'node' },
        },
      ],
    },
  }),
)
