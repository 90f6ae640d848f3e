import { useMutationObserver, usePreferredDark } from '@vueuse/core'
import { shallowRef, watch } from 'vue'

/**
 * The values of theme tokens (`primary`, `base-300` …) for what CSS doesn't reach, such as a canvas.
 * They follow when another theme is chosen, and when the system changes to light or dark.
 */
export function useThemeColors<Token extends string>(tokens: readonly Token[]) {
  function read() {
    const style = getComputedStyle(document.documentElement)
    return Object.fromEntries(
      tokens.map((token) => [token, style.getPropertyValue(`--color-${token}`).trim()]),
    ) as Record<Token, string>
  }

  const colors = shallowRef(read())
  const refresh = () => (colors.value = read())

  useMutationObserver(document.documentElement, refresh, { attributeFilter: ['data-theme'] })
  watch(usePreferredDark(), refresh, { flush: 'post' })

  return colors
}
