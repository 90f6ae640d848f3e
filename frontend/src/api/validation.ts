import type { ValidationRuleWithParams } from '@vuelidate/core'
import { helpers } from '@vuelidate/validators'

/**
 * The building blocks of the generated rules. They measure what Pydantic measures: a length is a
 * number of code points (JavaScript's `length` counts an emoji as two), and a text is only trimmed or
 * normalised where the contract says that the server does so.
 * `$params.key` is the i18n key of the message and the other parameters go into it.
 */
export type Rule = ValidationRuleWithParams<{ key: string } & Record<string, unknown>, unknown>
export type FieldRules = Record<string, Rule>
export type SchemaRules = Record<string, FieldRules>

/** What the server does to a text before it checks it, in order. */
export type Preparation = readonly ('strip' | 'NFC' | 'NFD' | 'NFKC' | 'NFKD')[]

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

/** `trim` has another idea of white space than Unicode, which is the server's. */
const SURROUNDING_SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu

function prepared(value: unknown, steps: Preparation): string {
  return steps.reduce(
    (text, step) => (step === 'strip' ? text.replace(SURROUNDING_SPACE, '') : text.normalize(step)),
    String(value),
  )
}

function codePoints(text: string): number {
  return [...text].length
}

/** Anything but nothing: `false`, `0` and an empty list are there. */
export const required = (): Rule => rule('required', {}, (value) => !isAbsent(value))

/** A text that has to be given, and not blank. */
export const filled = (steps: Preparation = []): Rule =>
  rule('required', {}, (value) => !isAbsent(value) && prepared(value, steps) !== '')

/** A text that may be absent, but if it is there it is not blank. */
export const notBlank = (steps: Preparation = []): Rule =>
  rule('required', {}, (value) => isAbsent(value) || prepared(value, steps) !== '')

export const minLength = (min: number, steps: Preparation = []): Rule =>
  rule(
    'minLength',
    { min },
    (value) => isAbsent(value) || codePoints(prepared(value, steps)) >= min,
  )

export const maxLength = (max: number, steps: Preparation = []): Rule =>
  rule(
    'maxLength',
    { max },
    (value) => isAbsent(value) || codePoints(prepared(value, steps)) <= max,
  )

/** `expression` must not be global: a global one remembers where its last match ended. */
export const pattern = (expression: RegExp, steps: Preparation = []): Rule =>
  rule('pattern', {}, (value) => isAbsent(value) || expression.test(prepared(value, steps)))

/**
 * A sanity check only: something, an `@`, something. The server has the last word, and a stricter
 * check here would refuse addresses that it takes (`hanako@intranet`).
 */
export const email = (steps: Preparation = []): Rule =>
  rule('email', {}, (value) => isAbsent(value) || /^\S+@\S+$/u.test(prepared(value, steps)))

export const oneOf = (values: readonly unknown[]): Rule =>
  rule('oneOf', {}, (value) => isAbsent(value) || values.includes(value))

export const minimum = (min: number): Rule =>
  rule('minimum', { min }, (value) => isAbsent(value) || Number(value) >= min)

export const maximum = (max: number): Rule =>
  rule('maximum', { max }, (value) => isAbsent(value) || Number(value) <= max)

export const minItems = (min: number): Rule =>
  rule('minItems', { min }, (value) => !Array.isArray(value) || value.length >= min)

export const maxItems = (max: number): Rule =>
  rule('maxItems', { max }, (value) => !Array.isArray(value) || value.length <= max)

/** Every element of a list against the rules of one. */
export const each = (rules: readonly Rule[]): Rule =>
  rule('each', {}, (value) => {
    if (!Array.isArray(value)) return true
    return value.every((element) =>
      rules.every(({ $validator }) => ($validator as (element: unknown) => boolean)(element)),
    )
  })

/** `Uppercase` and `Lowercase` are what Python's `isupper` and `islower` ask of a character. */
export const password = (wanted: PasswordRule): Rule =>
  rule('password', { ...wanted }, (value) => {
    if (isAbsent(value)) return true
    const text = String(value)
    const length = codePoints(text)
    return (
      length >= wanted.min &&
      length <= wanted.max &&
      (!wanted.upper || /\p{Uppercase}/u.test(text)) &&
      (!wanted.lower || /\p{Lowercase}/u.test(text)) &&
      (!wanted.digit || /\p{Nd}/u.test(text))
    )
  })
