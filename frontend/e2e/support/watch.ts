import { expect, type BrowserContext, type ConsoleMessage, type Request } from '@playwright/test'

/** Chromium's own line for each failed request; `watch` sees the request itself, which says more. */
const REQUEST_NOISE = 'Failed to load resource'
/** The recorder of traces tries to run a script in every frame, also where none may run. */
const RECORDER_NOISE = "Blocked script execution in 'about:srcdoc'"

function reportCspViolations() {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error(`CSP violation: ${violatedDirective} ${blockedURI}`)
  })
}

/**
 * What goes wrong in a browser while a test looks at something else: errors and warnings in the
 * console, uncaught ones, violations of the content security policy, failed requests, and requests
 * to anyone but our server. All of it fails the test, unless the test said that it would happen.
 */
export class Watch {
  readonly #seen: string[] = []
  readonly #expected: (string | RegExp)[] = []

  constructor(private readonly origin: string) {}

  async over(context: BrowserContext): Promise<void> {
    await context.addInitScript(reportCspViolations)
    context.on('console', (message) => this.#onConsole(message))
    context.on('weberror', (error) => this.#seen.push(`uncaught ${error.error().message}`))
    context.on('request', (request) => this.#onRequest(request))
    context.on('response', (response) => {
      if (response.status() >= 400) {
        this.#seen.push(`${response.status()} ${this.#name(response.request())}`)
      }
    })
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'failed'
      // A page that is left or a search typed further aborts what nobody waits for any more.
      if (reason !== 'net::ERR_ABORTED') this.#seen.push(`${reason} ${this.#name(request)}`)
    })
  }

  /** Says beforehand, or afterwards, what is meant to go wrong, such as `409 POST /api/v1/items`. */
  expect(...trouble: (string | RegExp)[]): void {
    this.#expected.push(...trouble)
  }

  /** Fails on what wasn't expected, and on what was but didn't happen. */
  settle(): void {
    const isMet = (expected: string | RegExp, seen: string) =>
      typeof expected === 'string' ? expected === seen : expected.test(seen)
    const surprises = this.#seen.filter((seen) => !this.#expected.some((e) => isMet(e, seen)))
    const missing = this.#expected.filter((e) => !this.#seen.some((seen) => isMet(e, seen)))
    expect({ surprises, missing }).toEqual({ surprises: [], missing: [] })
  }

  #name(request: Request): string {
    return `${request.method()} ${new URL(request.url()).pathname}`
  }

  #onRequest(request: Request): void {
    const { protocol, origin } = new URL(request.url())
    const isLocal = protocol === 'data:' || protocol === 'blob:'
    if (!isLocal && origin !== this.origin) this.#seen.push(`foreign request ${request.url()}`)
  }

  #onConsole(message: ConsoleMessage): void {
    const isTrouble = message.type() === 'error' || message.type() === 'warning'
    const isNoise = [REQUEST_NOISE, RECORDER_NOISE].some((noise) =>
      message.text().startsWith(noise),
    )
    if (!isTrouble || isNoise) return
    this.#seen.push(`console ${message.type()}: ${message.text()}`)
  }
}
