import { useI18n } from 'vue-i18n'

interface Named {
  username: string
  full_name: string | null
}

/** What the server calls the rest of an account that was deleted; the end of the username is random. */
const DELETED = { full_name: 'Deleted user', username: /^deleted-\d+-[0-9a-f]{8}$/u }

function isDeleted({ username, full_name: fullName }: Named): boolean {
  return fullName === DELETED.full_name && DELETED.username.test(username)
}

/**
 * How a person is called: by the full name, else by the username; whoever was deleted is called so in
 * the chosen language.
 */
export function usePersonName() {
  const { t } = useI18n()
  return (person: Named): string =>
    isDeleted(person) ? t('common.deletedUser') : person.full_name || person.username
}
