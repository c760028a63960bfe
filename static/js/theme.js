/* Light or dark before the first paint. A plain script, not a module: modules run only after parsing. */
(function () {
  const root = document.documentElement
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  function apply () {
    const wanted = root.dataset.theme || 'auto'
    root.dataset.bsTheme = wanted === 'auto' ? (dark.matches ? 'dark' : 'light') : wanted
  }
  apply()
  dark.addEventListener('change', apply)
})()
