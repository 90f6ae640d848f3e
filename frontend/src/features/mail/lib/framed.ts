/** Elements of a mail that have no business in a page of ours, whatever wrote the mail. */
const REMOVED = 'script, style, link, base, meta[http-equiv], iframe, object, embed, form'

/**
 * Renames the attribute in every tag: browsers report a violation for each style that they merely
 * parse. One that escapes this isn't applied, and does no harm.
 */
function withoutStyles(html: string): string {
  return html.replaceAll(/<[^>]*>/gu, (tag) => tag.replaceAll(/\sstyle\s*=/giu, ' data-style='))
}

/**
 * A mail's HTML made fit for a frame in our page. The page's content security policy, which holds in
 * the frame too, takes no style from markup; so styles are put aside here, for `dress` to set once
 * the frame has loaded. Links lose their targets: they are for the recipient alone to follow.
 */
export function framed(html: string): string {
  const mail = new DOMParser().parseFromString(withoutStyles(html), 'text/html')
  for (const element of mail.querySelectorAll(REMOVED)) element.remove()
  for (const link of mail.querySelectorAll('[href]')) link.removeAttribute('href')
  return `<!doctype html>${mail.documentElement.outerHTML}`
}

/** Sets the styles that `framed` put aside. What a script sets is no markup, and may be styled. */
export function dress(mail: Document): void {
  for (const element of mail.querySelectorAll<HTMLElement>('[data-style]')) {
    element.style.cssText = element.dataset.style ?? ''
  }
}
