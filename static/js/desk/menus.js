/* Menus are <details>: close them on a click elsewhere and on Escape. Dialogs open by data-opens. */
function closeMenus (except) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!except || !menu.contains(except)) menu.open = false
  }
}

document.addEventListener('click', event => {
  closeMenus(event.target)
  const opener = event.target.closest('[data-opens]')
  if (opener) document.getElementById(opener.dataset.opens)?.showModal()
  if (event.target instanceof HTMLDialogElement) event.target.close()
})

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  const open = document.querySelector('details.menu[open]')
  if (open) { open.open = false; open.querySelector('summary').focus() }
  if (location.hash === '#views' || location.hash === '#side') location.hash = '#main'
})
for (const flash of document.querySelectorAll('.flash.success')) setTimeout(() => flash.remove(), 6000)
