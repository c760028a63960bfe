/* What is typed is kept on the server a moment after the last key, and when the page is left. */

const PAUSE = 1500
const AGAIN = 8000
const KEEPALIVE_CHARS = 15000 // browsers carry at most 64 kB beyond the end of a page

export function keepDraft (form) {
  const area = form.querySelector('[name=body]')
  const state = form.querySelector('[data-draft-state]')
  let changed = 'unsaved' in form.dataset // a refused reply is in no draft yet
  let underway
  let timer

  area.addEventListener('input', () => {
    changed = true
    later(PAUSE)
  })
  area.addEventListener('blur', save)
  document.addEventListener('visibilitychange', () => { if (document.hidden) save() })
  window.addEventListener('pagehide', save)
  form.addEventListener('submit', () => setTimeout(() => {
    if (!form.dataset.sending) return // a file is still on its way
    clearTimeout(timer)
    underway?.abort()
    changed = false
  }))
  if (changed) later(PAUSE)

  function later (pause) {
    clearTimeout(timer)
    timer = setTimeout(save, pause)
  }

  async function save () {
    clearTimeout(timer)
    if (!changed || form.dataset.sending) return
    changed = false
    underway?.abort() // this one says more
    const mine = underway = new AbortController()
    try {
      const answer = await fetch(form.dataset.draft, {
        method: 'POST',
        headers: { 'X-CSRFToken': form.querySelector('[name=csrfmiddlewaretoken]').value },
        body: data(),
        keepalive: area.value.length <= KEEPALIVE_CHARS,
        signal: mine.signal
      })
      if (answer.redirected) return tell('Draft not saved: you are logged out.')
      const told = await answer.json().catch(() => ({}))
      if (answer.ok) tell(told.saved ? `Draft saved ${told.saved}` : '')
      else tell(`Draft not saved. ${told.error || 'Please copy your text before you leave this page.'}`)
      if (answer.status === 429 || answer.status >= 500) retry()
    } catch {
      if (mine.signal.aborted) return
      tell('Draft not saved: no connection.')
      retry()
    }
  }

  function retry () {
    changed = true
    later(AGAIN)
  }

  function data () {
    const sent = new FormData()
    sent.set('body', area.value)
    sent.set('client_token', form.querySelector('[name=client_token]').value)
    return sent
  }

  function tell (words) {
    if (state.textContent !== words) state.textContent = words
  }
}
