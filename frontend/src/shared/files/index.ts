/**
 * Files in the browser: sending them, and showing them. A feature that draws any of it names `fileTexts`
 * from `./texts` among its `sharedTexts`. Nothing of this may be loaded with the first page.
 */
export { default as FileDescriptionDialog } from './components/FileDescriptionDialog.vue'
export { default as FileDropZone } from './components/FileDropZone.vue'
export { default as FileLightbox } from './components/FileLightbox.vue'
export { default as FileThumb } from './components/FileThumb.vue'
export { default as UploadList } from './components/UploadList.vue'
export { useFormatBytes } from './format-bytes'
export { fileKeys } from './keys'
export { kindIcon } from './kinds'
export { useUploadLimits } from './limits'
export { useFileLinks, useMissingFiles } from './links'
export { useDeleteFile } from './mutations'
export { useUploadErrorText } from './problem-text'
export { isWorthRetrying, percentOf, type UploadEntry } from './uploads/entry'
export { useUploadsStore } from './uploads/queue'
