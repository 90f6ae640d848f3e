import { defineStore } from 'pinia'
import { ref } from 'vue'

export const LAYOUTS = ['grid', 'list'] as const
export type FileLayout = (typeof LAYOUTS)[number]

/** How files are laid out in this browser. */
export const useFileLayoutStore = defineStore(
  'fileLayout',
  () => ({ layout: ref<FileLayout>('grid') }),
  { persist: { key: 'musubi.files' } },
)
