import { defineConfig } from '@hey-api/openapi-ts'

export default defineConfig({
  input: '../contract/openapi.json',
  output: { path: 'src/api/generated' },
  plugins: [
    '@hey-api/typescript',
    { name: '@hey-api/client-axios', runtimeConfigPath: '../client-config', throwOnError: true },
    { name: '@hey-api/sdk', operations: { strategy: 'flat' } },
  ],
})
