/** What one can answer a message with, and the key of its name. */
export const EMOJIS = [
  { emoji: '👍', name: 'thumbsUp' },
  { emoji: '❤️', name: 'heart' },
  { emoji: '😄', name: 'smile' },
  { emoji: '🎉', name: 'party' },
  { emoji: '👀', name: 'eyes' },
  { emoji: '🙏', name: 'thanks' },
  { emoji: '✅', name: 'done' },
  { emoji: '🤔', name: 'thinking' },
] as const
