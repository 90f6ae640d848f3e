import type { ValidationRuleWithParams } from '@vuelidate/core'
import { helpers } from '@vuelidate/validators'

/**
 * The building blocks of the generated rules. They measure what Pydantic measures: a length is a
 * number of code points (JavaScript's `length` counts an emoji as two), and nothing is trimmed.
 * `$params.key` is the i18n key of the message and the other parameters go into it.
 */
export type Rule = ValidationRuleWithParams<{ key: string } & Record<string, unknown>, unknown>
export type FieldRules = Record<string, Rule>
export type SchemaRules = Record<string, FieldRules>

export interface PasswordRule {
  min: number
  max: number
  upper: boolean
  lower: boolean
  digit: boolean
}

function rule(
  key: string,
  params: Record<string, unknown>,
  isValid: (value: unknown) => boolean,
): Rule {
  return helpers.withParams({ key: `validation.${key}`, ...params }, isValid) as Rule
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** Code points of a string, elements of a list. */
function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return [...String(value)].length
}

export const required = (): Rule => rule('required', {}, (value) => !isAbsent(value))

/** For a required text that may not be empty: the same as a minimum length, in better words. */
export const notEmpty = (): Rule =>
  rule('required', {}, (value) => !isAbsent(value) && lengthOf(value) > 0)

export const minLength = (min: number): Rule =>
  rule('minLength', { min }, (value) => isAbsent(value) || lengthOf(value) >= min)

export const maxLength = (max: number): Rule =>
  rule('maxLength', { max }, (value) => isAbsent(value) || lengthOf(value) <= max)

export const minItems = (min: number): Rule =>
  rule('minItems', { min }, (value) => !Array.isArray(value) || value.length >= min)

export const maxItems = (max: number): Rule =>
  rule('maxItems', { max }, (value) => !Array.isArray(value) || value.length <= max)

export const minimum = (min: number): Rule =>
  rule('minimum', { min }, (value) => isAbsent(value) || Number(value) >= min)

export const maximum = (max: number): Rule =>
  rule('maximum', { max }, (value) => isAbsent(value) || Number(value) <= max)

export const pattern = (expression: RegExp): Rule =>
  rule('pattern', {}, (value) => isAbsent(value) || expression.test(String(value)))

export const oneOf = (values: readonly unknown[]): Rule =>
  rule('oneOf', {}, (value) => isAbsent(value) || values.includes(value))

/**
 * A sanity check only: something, one `@`, a domain with a dot. The server has the last word, and a
 * stricter pattern here would refuse addresses that it takes.
 */
export const email = (): Rule =>
  rule('email', {}, (value) => isAbsent(value) || /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(String(value)))

/** Each element of a list against the rules of one; the message is the first broken rule's. */
export const each = (rules: readonly Rule[]): Rule =>
  rule('each', {}, (value) => {
    if (!Array.isArray(value)) return true
    return value.every((element) =>
      rules.every((inner) => (inner.$validator as (element: unknown) => boolean)(element)),
    )
  })

export const password = (wanted: PasswordRule): Rule =>
  rule('password', { ...wanted }, (value) => {
    if (isAbsent(value)) return true
    const text = String(value)
    const length = lengthOf(text)
    return (
      length >= wanted.min &&
      length <= wanted.max &&
      (!wanted.upper || /\p{Lu}/u.test(text)) &&
      (!wanted.lower || /\p{Ll}/u.test(text)) &&
      (!wanted.digit || /\p{Nd}/u.test(text))
    )
  })
