/* The composer: two texts that can't be confused, drafts kept, files uploaded first, one send. */
import { typing } from './keyboard.js'
import { watchMentions } from './suggest.js'

const compose = document.querySelector('[data-compose]')
const state = document.querySelector('[data-draft-state]')
const REMEMBERED = 'desk.then'

function csrf (form) { return form.querySelector('[name=csrfmiddlewaretoken]').value }

/* Which text */
function choose (mode, focus = true) {
  for (const tab of compose.querySelectorAll('[role=tab]')) {
    const on = tab.dataset.mode === mode
    tab.setAttribute('aria-selected', on)
    tab.tabIndex = on ? 0 : -1
  }
  for (const form of compose.querySelectorAll('[data-write]')) form.hidden = form.dataset.write !== mode
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
      const told = await answer.json()
      if (!answer.ok) throw new Error(told.error || 'not saved')
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

/* Files: chosen, dropped or pasted; uploaded at once, sent with the message */
function startFiles (form) {
  const list = form.querySelector('[data-files]')
  const picker = form.querySelector('[data-pick]')
  async function add (file) {
    const chip = document.createElement('li')
    chip.className = 'chip'
    chip.textContent = `${file.name} · uploading …`
    list.append(chip)
    const body = new FormData()
    body.set('csrfmiddlewaretoken', csrf(form))
    body.set('file', file)
    try {
      const answer = await fetch(compose.dataset.uploadUrl, { method: 'POST', body })
      const told = await answer.json().catch(() => ({ error: `${file.name} was not accepted (${answer.status}).` }))
      if (!answer.ok) throw new Error(told.error)
      chip.textContent = `${told.name} · ${size(told.size)} `
      chip.dataset.upload = told.id
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'attachment', value: told.id })
      chip.append(input)
    } catch (error) {
      chip.classList.add('broken')
      chip.textContent = `${error.message || file.name} `
    }
    const remove = Object.assign(document.createElement('button'), { type: 'button', className: 'chip-x', textContent: '×' })
    remove.dataset.remove = ''
    remove.setAttribute('aria-label', `Remove ${file.name}`)
    chip.append(remove)
  }
  const size = bytes => bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  const addAll = files => {
    const room = Number(compose.dataset.maxFiles) - list.querySelectorAll('[data-upload]').length
    for (const file of [...files].slice(0, Math.max(0, room))) add(file)
    if (files.length > room) state.textContent = `at most ${compose.dataset.maxFiles} files a message`
  }
  picker.addEventListener('change', () => { addAll(picker.files); picker.value = '' })
  form.addEventListener('paste', event => { if (event.clipboardData.files.length) { event.preventDefault(); addAll(event.clipboardData.files) } })
  form.addEventListener('dragover', event => { event.preventDefault(); form.classList.add('drop') })
  form.addEventListener('dragleave', () => form.classList.remove('drop'))
  form.addEventListener('drop', event => { event.preventDefault(); form.classList.remove('drop'); addAll(event.dataTransfer.files) })
  list.addEventListener('click', event => {
    if (!event.target.matches('[data-remove]')) return
    const chip = event.target.closest('li')
    if (chip.dataset.upload) {
      const body = new FormData()
      body.set('csrfmiddlewaretoken', csrf(form))
      fetch(`${compose.dataset.uploadUrl}${chip.dataset.upload}/discard/`, { method: 'POST', body })
    }
    chip.remove()
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
    startFiles(form)
    startSending(form)
  }
  const internal = compose.querySelector('[data-write=internal]')
  watchMentions(internal.querySelector('textarea'), internal.querySelector('[data-at]'), compose.dataset.mentionsUrl)
}
