/** Ours: nothing was heard of the server for too long. */
export const HEARTBEAT_LOST = 4011
/** We are done. */
export const NORMAL = 1000

/**
 * What to do about a connection that is over: `stop` where trying again the same way is refused again,
 * `renew` where a new token of the session helps, else simply connect again, after a while.
 */
export type Consequence = 'stop' | 'renew' | 'reconnect'

const CONSEQUENCES: Readonly<Record<number, Consequence>> = {
  4001: 'renew', // The token was no good.
  4003: 'stop', // This may not be heard.
  4004: 'stop', // There is no such room.
  4010: 'renew', // The token has expired.
}

export function consequenceOf(code: number): Consequence {
  return CONSEQUENCES[code] ?? 'reconnect'
}

/** The server takes the token for a bad one, in contrast to one that was good for a time. */
export function isRefusal(code: number): boolean {
  return code === 4001
}
