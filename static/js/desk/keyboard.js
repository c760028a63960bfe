/* Single keys, never while somebody types. A control names its key in data-key. */
export function typing (target) {
  return target.closest('input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]')
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
  if (control) {
    event.preventDefault()
    if (control.matches('input')) { control.focus(); control.select() } else control.click()
  } else if (event.key === '?') document.getElementById('help')?.showModal()
  else if (event.key === 'c') location.href = '/desk/new/'
  else if (event.key === 'g') location.href = '/desk/views/my-open/'
  else if (event.key === '/') location.href = '/desk/views/all/#search'
})
if (location.hash === '#search') document.getElementById('search')?.focus()
