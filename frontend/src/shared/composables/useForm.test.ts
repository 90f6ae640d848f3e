import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { AppError } from '@/api'
import { filled, maxLength, minLength } from '@/api/validation'
import { useErrorStore } from '@/shared/stores/errors'
import UiTagInput from '@/shared/ui/UiTagInput.vue'
import UiTextField from '@/shared/ui/UiTextField.vue'
import { mountWithApp } from '@/testing/mount'
import { type FormOptions, useForm } from './useForm'

type Values = { title: string; tags: string[] }
type Submit = FormOptions<Values>['submit']

const rules = {
  title: { required: filled(), minLength: minLength(3), maxLength: maxLength(10) },
  unknown: { required: filled() },
}

async function mountForm(
  submit: Submit,
  onError?: FormOptions<Values>['onError'],
  language: 'en' | 'ja' = 'en',
) {
  let form!: ReturnType<typeof useForm<Values>>
  const component = defineComponent(() => {
    form = useForm<Values>({
      initial: { title: '', tags: [] },
      rules,
      submit,
      onError,
      context: 'test',
    })
    return () =>
      h('form', { onSubmit: form.submit }, [
        h(UiTextField, { label: 'Title', ...form.field('title') }),
        h(UiTagInput, { label: 'Tags', removeLabel: (tag: string) => tag, ...form.field('tags') }),
      ])
  })
  const { wrapper } = await mountWithApp(component, { language })
  return { form, wrapper, title: wrapper.get<HTMLInputElement>('input[name="title"]') }
}

const rejection = (fields: Record<string, string>) => () =>
  Promise.reject(
    new AppError({
      code: 'VALIDATION_ERROR',
      status: 422,
      message: 'Check it',
      fieldErrors: fields,
    }),
  )

describe('useForm', () => {
  it('sends the values when they are right', async () => {
    const submit = vi.fn<Submit>(() => Promise.resolve())
    const { form, title } = await mountForm(submit)
    await title.setValue('結び目')
    await form.submit()
    expect(submit.mock.calls).toEqual([[{ title: '結び目', tags: [] }]])
  })

  it('says at the field what is wrong, sends nothing and goes there', async () => {
    const submit = vi.fn<Submit>(() => Promise.resolve())
    const { form, wrapper, title } = await mountForm(submit)
    await title.setValue('ab')
    await form.submit()
    expect(submit).not.toHaveBeenCalled()
    expect(wrapper.text()).toContain('At least 3 characters.')
    expect(title.attributes('aria-invalid')).toBe('true')
    expect(title.attributes('aria-describedby')).toBe(`${title.element.id}-error`)
    expect(document.activeElement).toBe(title.element)
  })

  it('speaks the chosen language', async () => {
    const { form, wrapper } = await mountForm(() => Promise.resolve(), undefined, 'ja')
    await form.submit()
    expect(wrapper.text()).toContain('入力してください。')
  })

  it('waits with its complaints until a changed field is left', async () => {
    const { form, title } = await mountForm(() => Promise.resolve())
    await title.trigger('blur')
    expect(form.errors.value.title).toBeUndefined()
    await title.setValue('a')
    expect(form.errors.value.title).toBeUndefined()
    await title.trigger('blur')
    expect(form.errors.value.title).toBe('At least 3 characters.')
    await title.setValue('abc')
    expect(form.errors.value.title).toBeUndefined()
  })

  it('puts the messages of a 422 at their fields, until they change', async () => {
    const { form, title } = await mountForm(rejection({ title: 'Taken', 'tags.0': 'Too long' }))
    await title.setValue('Spring')
    await form.submit()
    expect(form.errors.value).toEqual({ title: 'Taken', tags: 'Too long' })
    expect(document.activeElement).toBe(title.element)
    expect(useErrorStore().errors).toHaveLength(0)
    await title.setValue('Summer')
    expect(form.errors.value).toEqual({ title: undefined, tags: 'Too long' })
  })

  it('sends again after a 422', async () => {
    const submit = vi.fn<Submit>(() => Promise.resolve())
    submit.mockImplementationOnce(rejection({ title: 'Taken' }))
    const { form, title } = await mountForm(submit)
    await title.setValue('Spring')
    await form.submit()
    await form.submit()
    expect(submit).toHaveBeenCalledTimes(2)
    expect(form.isValid.value).toBe(true)
  })

  it.each([
    ['a 422 of a field that is not in the form', rejection({ owner: 'No' }), 'Check it'],
    [
      'a lost connection',
      () => Promise.reject(new AppError({ code: 'NETWORK_ERROR' })),
      'Network Error - Please check your connection',
    ],
  ])('makes a notification of %s', async (_name, submit, message) => {
    const { form, title } = await mountForm(submit)
    await title.setValue('Spring')
    await form.submit()
    expect(useErrorStore().globalError).toMatchObject({ message, context: 'test' })
  })

  it('leaves a failure to the caller who has dealt with it', async () => {
    const error = new AppError({ code: 'UNAUTHORIZED', status: 401 })
    const onError = vi.fn<(error: AppError) => boolean>(() => true)
    const { form, title } = await mountForm(() => Promise.reject(error), onError)
    await title.setValue('Spring')
    await form.submit()
    expect(onError.mock.calls).toEqual([[error]])
    expect(useErrorStore().errors).toHaveLength(0)
  })

  it('takes no second press while the first is under way', async () => {
    let finish = () => undefined as void
    const submit = vi.fn<Submit>(() => new Promise<void>((resolve) => (finish = resolve)))
    const { form, title } = await mountForm(submit)
    await title.setValue('Spring')
    void form.submit()
    await flushPromises()
    expect(form.pending.value).toBe(true)
    await form.submit()
    expect(submit).toHaveBeenCalledOnce()
    finish()
    await flushPromises()
    expect(form.pending.value).toBe(false)
  })

  it('goes back to its first values with nothing marked', async () => {
    const { form, title } = await mountForm(() => Promise.resolve())
    await title.setValue('ab')
    await form.submit()
    form.reset()
    expect(form.values).toEqual({ title: '', tags: [] })
    expect(form.isValid.value).toBe(true)
  })
})
