// Sets the chosen theme and language before the first paint; without a choice CSS follows the system.
try {
  const { theme, language } = JSON.parse(localStorage.getItem('musubi.preferences')) ?? {}
  if (theme === 'washi' || theme === 'sumi') document.documentElement.dataset.theme = theme
  if (language === 'en' || language === 'ja') document.documentElement.lang = language
} catch {
  // Storage is blocked or holds nonsense: the defaults stand.
}
