/* The composer: two texts that can't be confused, drafts kept, files uploaded first, one send. */
import { typing } from './keyboard.js'
import { watchMentions } from './suggest.js'
import { csrf, startFiles } from './uploads.js'

const compose = document.querySelector('[data-compose]')
const state = document.querySelector('[data-draft-state]')
const REMEMBERED = 'desk.then'

/* Which text */
function choose (mode, focus = true) {
  for (const tab of compose.querySelectorAll('[role=tab]')) {
    const on = tab.dataset.mode === mode
    tab.setAttribute('aria-selected', on)
    tab.tabIndex = on ? 0 : -1
  }
  for (const panel of compose.querySelectorAll('[data-panel]')) panel.hidden = panel.dataset.panel !== mode
  if (focus) {
    const area = compose.querySelector(`[data-write=${mode}] textarea`)
    area.focus()
    area.setSelectionRange(area.value.length, area.value.length)
  }
  state.textContent = ''
}

function startTabs () {
  const tabs = [...compose.querySelectorAll('[role=tab]')]
  const drafted = mode => compose.querySelector(`[data-write=${mode}] textarea`).value.trim()
  choose(compose.dataset.mode || (!drafted('public') && drafted('internal') ? 'internal' : 'public'), false)
  for (const tab of tabs) {
    tab.addEventListener('click', () => choose(tab.dataset.mode))
    tab.addEventListener('keydown', event => {
      if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return
      const other = tabs[(tabs.indexOf(tab) + 1) % tabs.length]
      choose(other.dataset.mode, false)
      other.focus()
    })
  }
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && event.target.matches('.write textarea')) return event.target.blur()
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    if (event.key === 'r') { event.preventDefault(); choose('public') }
    if (event.key === 'n') { event.preventDefault(); choose('internal') }
  })
}

/* Drafts */
function startDrafts (form) {
  const area = form.querySelector('textarea')
  let kept = area.value
  let timer
  const data = () => {
    const body = new FormData()
    body.set('csrfmiddlewaretoken', csrf(form))
    body.set('visibility', form.dataset.write)
    body.set('body', area.value)
    return body
  }
  async function save () {
    clearTimeout(timer)
    if (area.value === kept || form.dataset.sent) return
    const text = area.value
    try {
      const answer = await fetch(compose.dataset.draftUrl, { method: 'POST', body: data() })
      if (answer.redirected) throw new Error('you are logged out')
      const told = await answer.json().catch(() => ({}))
      if (!answer.ok) throw new Error(told.error || `the server answered ${answer.status}`)
      kept = text
      state.textContent = told.saved_at ? `draft saved ${told.saved_at}` : ''
    } catch (error) {
      state.textContent = `draft not saved: ${error.message.slice(0, 80)}`
      if (!form.dataset.sent) timer = setTimeout(save, 8000)
    }
  }
  area.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(save, 900)
    const note = form.querySelector('[data-draft-kept]')
    if (note) note.textContent = ''
  })
  area.addEventListener('blur', save)
  window.addEventListener('pagehide', () => {
    if (area.value === kept || form.dataset.sent) return
    navigator.sendBeacon(compose.dataset.draftUrl, data())
  })
}

/* Send, with a memory of the last 'send and …' */
function startSending (form) {
  const send = form.querySelector('[data-send]')
  const label = form.querySelector('[data-send-label]')
  const choices = [...form.querySelectorAll('[data-choose]')]
  if (label) {
    const plain = label.textContent
    const last = choices.find(choice => choice.dataset.choose === localStorage.getItem(REMEMBERED))
    if (last?.dataset.choose) { send.value = last.dataset.choose; label.textContent = `${plain}, ${last.dataset.words}` }
    for (const choice of choices) choice.addEventListener('click', () => localStorage.setItem(REMEMBERED, choice.dataset.choose))
  }
  form.querySelector('textarea').addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(send) }
  })
  form.addEventListener('submit', event => {
    if (form.dataset.sent) return event.preventDefault()
    if (form.querySelector('[data-files] li:not([data-upload]):not(.broken)')) {
      event.preventDefault()
      state.textContent = 'a file is still on its way'
      return
    }
    const most = Number(compose.dataset.maxChars)
    if (form.querySelector('textarea').value.length > most) {
      event.preventDefault()
      state.textContent = `at most ${most.toLocaleString('en')} characters; attach the text as a file`
      return
    }
    form.dataset.sent = '1'
    setTimeout(() => { for (const button of form.querySelectorAll('button')) button.disabled = true })
  })
  window.addEventListener('pageshow', () => {
    delete form.dataset.sent
    for (const button of form.querySelectorAll('button')) button.disabled = false
  })
}

if (compose) {
  startTabs()
  for (const form of compose.querySelectorAll('[data-write]')) {
    startDrafts(form)
    startFiles(form, { url: compose.dataset.uploadUrl, most: Number(compose.dataset.maxFiles), say: text => { state.textContent = text } })
    startSending(form)
  }
  const internal = compose.querySelector('[data-write=internal]')
  watchMentions(internal.querySelector('textarea'), internal.querySelector('[data-at]'), compose.dataset.mentionsUrl)
}
