/** How a person is called: by the full name where there is one. */
export function displayName(user: { username: string; full_name: string | null }): string {
  return user.full_name || user.username
}
