/* What the log-in pages need beyond allauth's own scripts: a passkey's failure in words. */
document.addEventListener('allauth.error', function (event) {
  const place = document.querySelector('[data-login-error]')
  if (!place) return
  event.preventDefault()
  const cancelled = event.detail.exception && event.detail.exception.name === 'NotAllowedError'
  place.textContent = cancelled
    ? 'That was cancelled or took too long. Nothing has changed.'
    : 'This device could not use a passkey here. Try another way to log in.'
  place.hidden = false
})
