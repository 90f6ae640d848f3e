import useVuelidate from '@vuelidate/core'
import { computed, nextTick, reactive, ref, type Ref, useId } from 'vue'
import { useI18n } from 'vue-i18n'
import { type AppError, toAppError } from '@/api'
import type { SchemaRules } from '@/api/validation'
import { whenReleased } from '@/shared/lib/press'
import { useErrorStore } from '@/shared/stores/errors'

export interface FormOptions<Values extends Record<string, unknown>> {
  initial: Values
  /** Rules by field, generated from the contract; fields that the form doesn't have are ignored. */
  rules?: SchemaRules
  /** Sends the values; what it throws is shown at its fields, or as a notification. */
  submit: (values: Values) => Promise<void>
  /** Where the form is, for the error store. */
  context?: string
  /** Gets each failure first; returns true when it has dealt with it. */
  onError?: (error: AppError) => boolean
}

/** The part of Vuelidate's answer that a form uses; its own types don't survive generic values. */
interface FieldState {
  $errors: readonly {
    $validator: string
    $message: unknown
    $params: Record<string, unknown>
  }[]
  $touch(): void
}
interface FormState {
  $validate(): Promise<boolean>
  $reset(): void
}

/** The message of an element, such as `tags.0`, stands at its field. */
function errorsByField(error: AppError, fields: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [path, message] of Object.entries(error.fieldErrors)) {
    const field = path.split('.')[0]!
    if (fields.includes(field)) found[field] ??= message
  }
  return found
}

/**
 * A form: its values, what is wrong with each, and one way to submit. Checks begin at the first
 * submit, or when a changed field is left; a 422 puts the server's messages at their fields.
 */
export function useForm<Values extends Record<string, unknown>>(options: FormOptions<Values>) {
  type Field = keyof Values & string
  const { t } = useI18n()
  const errorStore = useErrorStore()
  const formId = useId()
  const fields = Object.keys(options.initial) as Field[]

  const values = reactive({ ...options.initial }) as Values
  const serverErrors = ref<Record<string, string>>({})
  const pending = ref(false)

  const rules = Object.fromEntries(
    fields.filter((name) => options.rules?.[name]).map((name) => [name, options.rules![name]]),
  )
  const vuelidate = useVuelidate(rules, values, {
    $externalResults: serverErrors,
    $scope: false,
  }) as unknown as Ref<FormState & Record<Field, FieldState | undefined>>

  function messageOf(name: Field): string | undefined {
    const broken = vuelidate.value[name]?.$errors[0]
    if (broken) {
      return broken.$validator === '$externalResults'
        ? String(broken.$message)
        : t(String(broken.$params.key), broken.$params)
    }
    return serverErrors.value[name]
  }

  const errors = computed(
    () =>
      Object.fromEntries(fields.map((name) => [name, messageOf(name)])) as Record<
        Field,
        string | undefined
      >,
  )
  const isValid = computed(() => fields.every((name) => errors.value[name] === undefined))

  const idOf = (name: Field) => `${formId}-${name}`

  function set(name: Field, value: Values[Field]) {
    values[name] = value
    delete serverErrors.value[name]
  }

  /** Everything a field of `shared/ui` needs: `<UiTextField v-bind="form.field('title')" …>`. */
  function field<F extends Field>(name: F) {
    return {
      id: idOf(name),
      name,
      modelValue: values[name],
      'onUpdate:modelValue': (value: unknown) => set(name, value as Values[F]),
      error: errors.value[name],
      required: options.rules?.[name] !== undefined && 'required' in options.rules[name],
      onBlur: () =>
        whenReleased(() => {
          if (values[name] !== options.initial[name]) vuelidate.value[name]?.$touch()
        }),
    }
  }

  async function focusFirstInvalid() {
    await nextTick()
    const first = fields.find((name) => errors.value[name] !== undefined)
    if (first) document.getElementById(idOf(first))?.focus()
  }

  async function fail(thrown: unknown) {
    const error = toAppError(thrown)
    if (options.onError?.(error)) return
    serverErrors.value = errorsByField(error, fields)
    if (Object.keys(serverErrors.value).length > 0) await focusFirstInvalid()
    else errorStore.handleApiError(error, options.context)
  }

  /** Checks, sends, and shows what went wrong; a second press while it runs does nothing. */
  async function submit(): Promise<void> {
    if (pending.value) return
    serverErrors.value = {}
    if (!(await vuelidate.value.$validate())) return focusFirstInvalid()
    pending.value = true
    try {
      await options.submit({ ...values })
    } catch (thrown) {
      await fail(thrown)
    } finally {
      pending.value = false
    }
  }

  /** Back to the first values, or to new ones, with nothing marked. */
  function reset(next: Values = options.initial) {
    Object.assign(values, next)
    serverErrors.value = {}
    vuelidate.value.$reset()
  }

  return { values, errors, isValid, pending, field, submit, reset }
}
