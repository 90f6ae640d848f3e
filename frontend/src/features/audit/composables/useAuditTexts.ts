import { useI18n } from 'vue-i18n'
import type { AuditEntryRead } from '@/api/generated/types.gen'

type Actor = Pick<AuditEntryRead, 'actor_id' | 'actor_name' | 'request_id'>
type Thing = Pick<AuditEntryRead, 'object_type' | 'object_id' | 'object_name'>

/** Kinds of things that entries are about. */
export const OBJECT_TYPES = ['user', 'session', 'passkey', 'item', 'mail', 'job'] as const

/** What entries say, in the chosen language. */
export function useAuditTexts() {
  const { t, te } = useI18n()

  /** The sentence for an action; null for one that is newer than our texts. */
  function sentence(action: string): string | null {
    const key = `audit.actions.${action}`
    return te(key) ? t(key) : null
  }

  /** Who did it. Without an id it was the application by itself, or someone in a request of nobody's. */
  function actorName({ actor_id: id, actor_name: name, request_id: request }: Actor): string {
    if (id !== null) return name ?? t('common.deletedUser')
    return t(request === null ? 'audit.system' : 'audit.nobody')
  }

  function typeName(type: string): string {
    const key = `audit.types.${type}`
    return te(key) ? t(key) : type
  }

  /** What it was done to; null where there is nothing that one could call by a name. */
  function objectName({ object_type: type, object_id: id, object_name: name }: Thing) {
    if (id === null) return null
    if (type === 'user') return name ?? t('common.deletedUser')
    return t('audit.numbered', { type: typeName(type), id })
  }

  return { sentence, actorName, typeName, objectName }
}
