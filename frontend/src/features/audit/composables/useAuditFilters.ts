import { computed } from 'vue'
import { type ParamCodec, textParam, useQueryParams } from '@/shared/composables/useQueryParams'
import { endOf, isDay, startOf } from '../lib/dates'
import type { AuditLogQuery } from '../queries'

/** A text of a certain form; anything else in the address is as good as nothing. */
function checkedParam(isValid: (text: string) => boolean): ParamCodec<string> {
  const { parse, format } = textParam()
  return {
    parse: (raw) => {
      const text = parse(raw)
      return isValid(text) ? text : ''
    },
    format,
  }
}

function idParam(): ParamCodec<number | null> {
  const { parse } = textParam()
  return {
    parse: (raw) => {
      const id = Number(parse(raw))
      return Number.isSafeInteger(id) && id > 0 ? id : null
    },
    format: (id) => (id === null ? null : String(id)),
  }
}

/** Which entries the address asks for, and the request that gets them. */
export function useAuditFilters() {
  const filters = useQueryParams({
    action: checkedParam((text) => /^[a-z_]{1,30}\.[a-z_]{0,29}$/u.test(text)),
    actor: idParam(),
    type: checkedParam((text) => /^[a-z_]{1,40}$/u.test(text)),
    object: idParam(),
    address: checkedParam((text) => text.length <= 45),
    since: checkedParam(isDay),
    until: checkedParam(isDay),
  })

  const query = computed<AuditLogQuery>(() => ({
    action: filters.action.value || undefined,
    actor_id: filters.actor.value ?? undefined,
    object_type: filters.type.value || undefined,
    object_id: filters.object.value ?? undefined,
    address: filters.address.value || undefined,
    since: startOf(filters.since.value),
    until: endOf(filters.until.value),
  }))

  const isFiltered = computed(() => Object.values(query.value).some((part) => part !== undefined))

  function clear(): void {
    filters.action.value = ''
    filters.actor.value = null
    filters.type.value = ''
    filters.object.value = null
    filters.address.value = ''
    filters.since.value = ''
    filters.until.value = ''
  }

  return { ...filters, query, isFiltered, clear }
}
