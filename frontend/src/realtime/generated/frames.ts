// Made from contract/realtime.json by scripts/generate-frames.mjs. Do not edit.

/**
 * One's own account or what one may do has changed: fetch `/auth/me` and `/navigation`. Only to oneself.
 */
export type AccountChanged = {
    type: 'account_changed';
};

/**
 * The message is committed. `duplicate`: it already was, and this is where it stands.
 */
export type Ack = {
    type: 'ack';
    cid: string;
    room: string;
    seq: number;
    id: number;
    duplicate: boolean;
};

/**
 * A new token for this connection, before the one it has expires: an access token or a ticket of the same user.
 */
export type Auth = {
    type: 'auth';
    cid?: string | null;
    token: string;
};

/**
 * `auth` was good: the connection lives on, with what its user may do now.
 */
export type Authenticated = {
    type: 'authenticated';
    user: Person;
    /**
     * Seconds until the next `auth` is due
     */
    expires_in: number;
};

export type ClientFrame = Ping | Auth | Subscribe | Unsubscribe | SendMessage | SendTyping | Edit | Delete | React | Read | UpdateItem;

export type Delete = {
    type: 'delete';
    cid?: string | null;
    id: number;
};

/**
 * An edit, deletion, reaction or reading that carried a `cid` is committed.
 */
export type Done = {
    type: 'done';
    cid: string;
};

/**
 * Say a message of one's own differently.
 */
export type Edit = {
    type: 'edit';
    cid?: string | null;
    id: number;
    content: string;
};

/**
 * What a frame could not do. The connection stays open.
 */
export type Error = {
    type: 'error';
    code: string;
    message: string;
    cid: string | null;
    details: {
        [key: string]: unknown;
    };
};

/**
 * Files were added, changed or removed: those attached to `item_id`, to all who may read that; without it one's
 * own, only to oneself. Their links differ for everyone, so each fetches them.
 */
export type FilesChanged = {
    type: 'files_changed';
    item_id: number | null;
};

/**
 * The first frame: who is connected, and from where on the room of the address is heard.
 */
export type Hello = {
    type: 'hello';
    conn_id: string;
    user: Person;
    room: string | null;
    epoch: string | null;
    seq: number | null;
    /**
     * Send `ping` this often; without `pong` the connection is dead
     */
    heartbeat_s: number;
    /**
     * Seconds until `auth` is due
     */
    expires_in: number;
};

export type ItemCreated = {
    type: 'item_created';
    item_id: number;
    version: number;
    data: ItemRead;
};

/**
 * An item is gone, or can't be read any more.
 */
export type ItemDeleted = {
    type: 'item_deleted';
    item_id: number;
    version: number;
    data: null;
};

export type ItemRead = {
    id: number;
    title: string;
    description: string;
    status: ItemStatus;
    tags: Array<string>;
    owner_id: number;
    owner: UserBrief;
    /**
     * Counts the changes
     */
    version: number;
    created_at: string;
    updated_at: string;
    created_by: number | null;
    updated_by: number | null;
};

/**
 * The change that carried this `cid` is committed.
 */
export type ItemSaved = {
    type: 'item_saved';
    cid: string | null;
    item_id: number;
    version: number;
};

export type ItemStatus = 'draft' | 'published' | 'archived';

/**
 * An item changed, or can be read from now on. Apply it if `version` is higher than that of what is shown.
 */
export type ItemUpdated = {
    type: 'item_updated';
    item_id: number;
    version: number;
    data: ItemRead;
};

/**
 * What people call it.
 */
export type Kind = 'image' | 'document' | 'video' | 'archive';

export type MessageDeleted = {
    type: 'message_deleted';
    id: number;
    seq: number;
    room: string;
    /**
     * Whose doing it was
     */
    user: Person;
    timestamp: string;
};

export type MessageEdited = {
    type: 'message_edited';
    id: number;
    seq: number;
    room: string;
    content: string;
    /**
     * Whose doing it was
     */
    user: Person;
    timestamp: string;
};

/**
 * A file that a message shows. `GET /upload/links` tells where it is found: that differs for everyone.
 */
export type MessageFile = {
    /**
     * The file's name in URLs
     */
    stored_name: string;
    filename: string;
    content_type: string;
    kind: Kind;
    /**
     * Bytes
     */
    size: number;
    /**
     * Of a picture, as it is shown, in pixels
     */
    width: number | null;
    height: number | null;
    /**
     * What it shows, for those who can't see it
     */
    description: string;
};

export type MessageFrame = {
    type: 'message';
    id: number;
    seq: number;
    room: string;
    content: string;
    cid: string;
    user: Person;
    timestamp: string;
    edited_at: string | null;
    /**
     * It is gone, and `content` and `files` are empty
     */
    deleted_at: string | null;
    files: Array<MessageFile>;
};

export type NotificationRead = {
    id: number;
    /**
     * What it is about
     */
    kind: string;
    /**
     * Whose doing it was
     */
    actor: UserBrief | null;
    /**
     * Of a mention: `room`, `message_id`, `seq` and `excerpt`
     */
    data: {
        [key: string]: unknown;
    };
    created_at: string;
    read_at: string | null;
};

/**
 * Entries were read, maybe on another device; so many are left unread. Only to oneself.
 */
export type NotificationsRead = {
    type: 'notifications_read';
    unread: number;
};

/**
 * A new entry in one's inbox. Only to oneself.
 */
export type Notified = {
    type: 'notification';
    data: NotificationRead;
    unread: number;
};

/**
 * Someone, as far as others need to know.
 */
export type Person = {
    id: number;
    username: string;
    full_name: string | null;
};

export type Ping = {
    type: 'ping';
    cid?: string | null;
};

export type Pong = {
    type: 'pong';
    timestamp: string;
};

/**
 * Who is there, after subscribing; from 100 people on `users` is empty, and `count` comes every few seconds.
 */
export type Presence = {
    type: 'presence';
    room: string;
    users: Array<Person>;
    count: number;
};

export type React = {
    type: 'react';
    cid?: string | null;
    id: number;
    emoji: string;
    on?: boolean;
};

export type ReactionFrame = {
    type: 'reaction';
    id: number;
    seq: number;
    room: string;
    emoji: string;
    on: boolean;
    user: Person;
    timestamp: string;
};

/**
 * Everything up to `seq` has been read.
 */
export type Read = {
    type: 'read';
    cid?: string | null;
    /**
     * a–z, 0–9, `_` and `-`
     */
    room: string;
    /**
     * A number in the room's log
     */
    seq: number;
};

/**
 * The user has read up to `seq`, maybe on another device of theirs; only to them.
 */
export type ReadMarked = {
    type: 'read';
    room: string;
    seq: number;
    unread: number;
};

/**
 * This server is about to stop: close, and connect again after so many milliseconds.
 */
export type Reconnect = {
    type: 'reconnect';
    after_ms: number;
};

/**
 * What was missed can't be sent: fetch it. `room` is null when it is about everything outside of rooms.
 */
export type Resync = {
    type: 'resync';
    room: string | null;
    reason: 'too_many' | 'epoch' | 'ahead' | 'behind' | 'changed';
};

/**
 * A room was made, changed or deleted, or one was let in or shown out: the list of rooms is another.
 */
export type RoomChanged = {
    type: 'room_changed';
    room: string;
};

/**
 * Say something. Without `room`: in the one of the connection's address. The answer is `ack`, also when the same
 * `cid` comes again.
 */
export type SendMessage = {
    type: 'message';
    cid: string;
    room?: string | null;
    /**
     * Empty only where there are files
     */
    content: string;
    /**
     * Files of one's own to show, by their stored names
     */
    files?: Array<string>;
};

export type SendTyping = {
    type: 'typing';
    cid?: string | null;
    room?: string | null;
    is_typing: boolean;
};

export type ServerFrame = Hello | Pong | Authenticated | Resync | Reconnect | Error | Subscribed | Unsubscribed | Ack | Done | MessageFrame | MessageEdited | MessageDeleted | ReactionFrame | Typing | UserConnected | UserDisconnected | Presence | ReadMarked | RoomChanged | FilesChanged | ItemSaved | ItemCreated | ItemUpdated | ItemDeleted | Notified | NotificationsRead | AccountChanged;

/**
 * Hear a room: from now on, or, with `since` and `epoch`, from after that number of its log on.
 */
export type Subscribe = {
    type: 'subscribe';
    cid?: string | null;
    /**
     * a–z, 0–9, `_` and `-`
     */
    room: string;
    since?: number | null;
    epoch?: string | null;
};

/**
 * The room is heard. With `recovered`, what comes after `since` follows; else it starts behind `seq`.
 */
export type Subscribed = {
    type: 'subscribed';
    room: string;
    epoch: string;
    /**
     * The last number of the log at this moment
     */
    seq: number;
    recovered: boolean;
};

/**
 * Not to the typist. It is over after 5 seconds unless it is said again.
 */
export type Typing = {
    type: 'typing';
    user: Person;
    is_typing: boolean;
    room: string;
    timestamp: string;
};

export type Unsubscribe = {
    type: 'unsubscribe';
    cid?: string | null;
    /**
     * a–z, 0–9, `_` and `-`
     */
    room: string;
};

/**
 * The room is heard no more: because one asked for it, or because it isn't there for one any more.
 */
export type Unsubscribed = {
    type: 'unsubscribed';
    room: string;
    reason: 'asked' | 'removed' | 'deleted';
};

/**
 * The same change as `PATCH /items/{item_id}`; with `version`, only if the item still has it. The answer is
 * `item_saved`.
 */
export type UpdateItem = {
    type: 'item_updated';
    cid?: string | null;
    item_id: number;
    version?: number | null;
    title?: string;
    description?: string;
    status?: ItemStatus;
    tags?: Array<string>;
};

/**
 * What everyone signed in may know of a user.
 */
export type UserBrief = {
    id: number;
    username: string;
    full_name: string | null;
    profile_image: string | null;
};

/**
 * Not to the one concerned.
 */
export type UserConnected = {
    type: 'user_connected';
    user_id: number;
    username: string;
    room: string;
    timestamp: string;
};

/**
 * The user's last connection to the room is gone, and no new one came within five seconds.
 */
export type UserDisconnected = {
    type: 'user_disconnected';
    user_id: number;
    username: string;
    room: string;
    timestamp: string;
};

/** How many characters (code points) a text of a frame may have, by the type of the frame. */
export const MAX_LENGTHS = {
    ping: { cid: 64 },
    auth: { cid: 64, token: 4096 },
    subscribe: { cid: 64, epoch: 32 },
    unsubscribe: { cid: 64 },
    message: { cid: 64, content: 4000 },
    typing: { cid: 64 },
    edit: { cid: 64, content: 4000 },
    delete: { cid: 64 },
    react: { cid: 64, emoji: 32 },
    read: { cid: 64 },
    item_updated: { cid: 64, title: 200, description: 5000 },
} as const;
