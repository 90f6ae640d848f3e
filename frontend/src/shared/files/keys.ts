/** What is cached of files. All of it stands under `all`, so that one change can outdate it together. */
export const fileKeys = {
  all: ['files'],
  limits: ['files', 'limits'],
  lists: ['files', 'list'],
  list: (query: object) => ['files', 'list', query],
  ofItems: ['files', 'item'],
  ofItem: (itemId: number) => ['files', 'item', itemId],
} as const
