import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const hasFiles = (transfer: DataTransfer | null) => transfer?.types.includes('Files') ?? false

/** Files of a drop or a paste; none when it was text, or a folder, which has no bytes of its own. */
function filesOf(transfer: DataTransfer | null): File[] {
  const items = Array.from(transfer?.items ?? [])
  const folders = items
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry?.())
  return Array.from(transfer?.files ?? []).filter((_file, index) => !folders[index]?.isDirectory)
}

/**
 * What an element needs so that files can be dropped on it. Beside it they are not opened in place of the
 * page, as browsers do it.
 */
export function useDrop(onFiles: (files: File[]) => void, isEnabled: () => boolean) {
  /** How many nested elements the pointer is over: each of them tells when it comes and goes. */
  const depth: Ref<number> = ref(0)

  function refuse(event: DragEvent): void {
    if (event.defaultPrevented || !hasFiles(event.dataTransfer)) return
    event.preventDefault()
    event.dataTransfer!.dropEffect = 'none'
  }
  onMounted(() => {
    addEventListener('dragover', refuse)
    addEventListener('drop', refuse)
  })
  onBeforeUnmount(() => {
    removeEventListener('dragover', refuse)
    removeEventListener('drop', refuse)
  })

  /** Runs for drags of files only, and keeps the browser from acting itself. */
  const forFiles = (run: (event: DragEvent) => void) => (event: DragEvent) => {
    if (!hasFiles(event.dataTransfer) || !isEnabled()) return
    event.preventDefault()
    run(event)
  }

  const listeners = {
    dragenter: forFiles(() => (depth.value += 1)),
    dragleave: forFiles(() => (depth.value = Math.max(0, depth.value - 1))),
    dragover: forFiles(({ dataTransfer }) => (dataTransfer!.dropEffect = 'copy')),
    drop: forFiles(({ dataTransfer }) => {
      depth.value = 0
      onFiles(filesOf(dataTransfer))
    }),
  }

  return { depth, listeners, filesOf }
}
