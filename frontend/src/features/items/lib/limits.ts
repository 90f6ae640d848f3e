import { itemCreateRules } from '@/api/generated/rules'

/** What the contract allows, for texts that say so before anything is wrong. */
export const DESCRIPTION_MAX = Number(itemCreateRules.description.maxLength.$params.max)
export const TAGS_MAX = Number(itemCreateRules.tags.maxItems.$params.max)
