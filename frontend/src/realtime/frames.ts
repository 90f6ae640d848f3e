import type { ClientFrame, ServerFrame } from './generated/frames'

export type { ClientFrame, ServerFrame }
export { MAX_LENGTHS } from './generated/frames'

export type ServerFrameType = ServerFrame['type']

/** What the server sends under this type: `FrameOf<'message'>`. */
export type FrameOf<Type extends ServerFrameType> = Extract<ServerFrame, { type: Type }>

/** What a client sends under this type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>
