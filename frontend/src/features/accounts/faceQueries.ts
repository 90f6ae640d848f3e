import { toAppError } from '@/api'
import { deleteFile, uploadFile } from '@/api/generated/sdk.gen'
import { useUpdateProfile } from './queries'

/** Whether the server said no; without an answer it may have said yes. */
function isRefused(thrown: unknown): boolean {
  const { status } = toAppError(thrown)
  return status >= 400 && status < 500
}

/** One's own face: the server removes the file of the one before by itself. */
export function useFace() {
  const { mutateAsync: updateProfile } = useUpdateProfile()

  /** Uploads a picture and shows it as one's face. */
  async function show(picture: File): Promise<void> {
    const { data: file } = await uploadFile({ body: { file: picture } })
    try {
      await updateProfile({ profile_image: file.stored_name })
    } catch (thrown) {
      // What didn't become a face is of no use. Should this fail as well, it is among one's files.
      if (isRefused(thrown)) {
        await deleteFile({ path: { stored_name: file.stored_name } }).catch(() => undefined)
      }
      throw thrown
    }
  }

  return {
    show,
    remove: async () => void (await updateProfile({ profile_image: null })),
  }
}
