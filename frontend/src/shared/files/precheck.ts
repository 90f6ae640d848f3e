import type { AcceptedType, UploadLimits, UploadWay } from '@/api/generated/types.gen'

/** What is looked at before anything is sent. */
type Candidate = Pick<File, 'name' | 'size'>

/** Why a file would be refused; the end of its text's key. */
type Problem = 'empty' | 'type' | 'tooLarge' | 'noRoom'

const PROBLEMS = 'shared.files.problems.'
export type ProblemKey = `${typeof PROBLEMS}${Problem}`

/** The one that may pass: the others lie in the file. */
export const NO_ROOM: ProblemKey = `${PROBLEMS}noRoom`

/** Whether the code of an error is one of ours, and so the key of its text. */
export function isProblemKey(code: string): code is ProblemKey {
  return code.startsWith(PROBLEMS)
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot).toLowerCase()
}

function typeIn({ types }: UploadWay, name: string): AcceptedType | undefined {
  const extension = extensionOf(name)
  return types.find(({ extensions }) => extensions.includes(extension))
}

/** The type that a file of this name has to be; undefined for one that isn't taken. */
export function typeByName(name: string, limits: UploadLimits): AcceptedType | undefined {
  return typeIn(limits.simple, name) ?? typeIn(limits.resumable, name)
}

/** The largest file of this name that is taken, in bytes; 0 for one that isn't taken at all. */
export function largest(name: string, { simple, resumable }: UploadLimits): number {
  const ways = [simple, resumable].filter((way) => typeIn(way, name))
  return Math.max(0, ...ways.map(({ max_bytes: max }) => max))
}

/** Whether a file that is taken goes in one piece, rather than by an upload that can be resumed. */
export function isSimple({ name, size }: Candidate, { simple }: UploadLimits): boolean {
  return size <= simple.max_bytes && typeIn(simple, name) !== undefined
}

/** The extensions of all that is taken, for the file dialog's `accept`. */
export function acceptedExtensions({ simple, resumable }: UploadLimits): string[] {
  const ways = [simple, resumable].filter(({ max_bytes: max }) => max > 0)
  const all = ways.flatMap(({ types }) => types.flatMap(({ extensions }) => extensions))
  return [...new Set(all)]
}

function problemOf({ name, size }: Candidate, limits: UploadLimits): Problem | null {
  const max = largest(name, limits)
  if (max === 0) return 'type'
  if (size === 0) return 'empty'
  if (size > max) return 'tooLarge'
  return size > limits.quota_bytes - limits.used_bytes ? 'noRoom' : null
}

/**
 * The key of the text that says why the server would refuse this file, or null when it would not: by the
 * server's own limits, so that nothing is sent in vain. `useUploadErrorText` says it in words.
 */
export function precheck(file: Candidate, limits: UploadLimits): ProblemKey | null {
  const problem = problemOf(file, limits)
  return problem && `${PROBLEMS}${problem}`
}
