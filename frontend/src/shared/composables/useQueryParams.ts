import { computed, type WritableComputedRef } from 'vue'
import { type LocationQueryValue, useRoute, useRouter } from 'vue-router'

/** How one parameter of the address is read and written; `null` leaves it out. */
export interface ParamCodec<Value> {
  parse(raw: LocationQueryValue | LocationQueryValue[] | undefined): Value
  format(value: Value): string | string[] | null
}

function first(raw: LocationQueryValue | LocationQueryValue[] | undefined): string | null {
  return (Array.isArray(raw) ? raw[0] : raw) ?? null
}

export const textParam = (fallback = ''): ParamCodec<string> => ({
  parse: (raw) => first(raw) ?? fallback,
  format: (value) => (value === fallback ? null : value),
})

/** A whole number from 1 on, such as a page; anything else reads as 1. */
export const pageParam = (): ParamCodec<number> => ({
  parse: (raw) => {
    const value = Number(first(raw))
    return Number.isSafeInteger(value) && value >= 1 ? value : 1
  },
  format: (value) => (value === 1 ? null : String(value)),
})

/** One of a few words; what isn't among them reads as the fallback. */
export const choiceParam = <Value extends string, Fallback extends Value | null>(
  choices: readonly Value[],
  fallback: Fallback,
): ParamCodec<Value | Fallback> => ({
  parse: (raw) => choices.find((choice) => choice === first(raw)) ?? fallback,
  format: (value) => (value === fallback ? null : value),
})

type Params<Values> = { [Name in keyof Values]: WritableComputedRef<Values[Name]> }

/**
 * State that lives in the address, so that a link or a reload shows the same list. Writing one
 * parameter replaces the address; unless it is the page itself, the list starts again at page 1.
 */
export function useQueryParams<Values extends Record<string, unknown>>(
  codecs: { [Name in keyof Values]: ParamCodec<Values[Name]> },
  pageName = 'page',
): Params<Values> {
  const route = useRoute()
  const router = useRouter()

  /** Writes of one tick go into one address, since each starts from what the last one left. */
  let pending: Record<string, LocationQueryValue | LocationQueryValue[]> | null = null

  function write(name: string, value: string | string[] | null) {
    if (pending === null) {
      pending = { ...route.query }
      queueMicrotask(() => {
        const query = pending!
        pending = null
        void router.replace({ query, hash: route.hash })
      })
    }
    if (value === null) delete pending[name]
    else pending[name] = value
    if (name !== pageName) delete pending[pageName]
  }

  return Object.fromEntries(
    Object.entries(codecs as Record<string, ParamCodec<unknown>>).map(([name, codec]) => [
      name,
      computed({
        get: () => codec.parse(route.query[name]),
        set: (value) => write(name, codec.format(value)),
      }),
    ]),
  ) as Params<Values>
}
