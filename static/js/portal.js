/* The portal works without script; this makes it quicker: files go ahead, replies are kept while they are
   written, questions change with the topic, the search box answers while one types, and a form is sent once. */
import { keepDraft } from './portal-drafts.js'
import { attachFiles } from './portal-files.js'
import { suggest } from './portal-search.js'

for (const place of document.querySelectorAll('[data-files]')) attachFiles(place)
for (const form of document.querySelectorAll('[data-draft]')) keepDraft(form)
for (const form of document.querySelectorAll('[data-find]')) suggest(form)
document.querySelector('[data-focus]')?.focus()

// A second click does nothing while the first is on its way; the server would know it as well.
for (const form of document.querySelectorAll('form[data-once]')) {
  form.addEventListener('submit', event => {
    if (form.dataset.sending) return event.preventDefault()
    if (form.querySelector('[data-file].busy')) {
      event.preventDefault()
      form.querySelector('[data-file-status]').textContent = 'One moment: a file is still on its way.'
      return
    }
    form.dataset.sending = '1'
    for (const button of sendButtons(form)) button.setAttribute('aria-busy', 'true')
  })
}
function sendButtons (form) {
  return [...form.querySelectorAll('[type=submit]'), ...document.querySelectorAll(`[form="${form.id || '-'}"]`)]
}
window.addEventListener('pageshow', event => {
  if (event.persisted) { // gone back to: what is written now is another message
    for (const token of document.querySelectorAll('[name=client_token]')) token.value = crypto.randomUUID?.() ?? ''
  }
  for (const form of document.querySelectorAll('form[data-once]')) {
    delete form.dataset.sending
    for (const button of sendButtons(form)) button.removeAttribute('aria-busy')
  }
})

// Another topic, other questions; answers to those that stay are kept.
const topic = document.querySelector('[data-category]')
const questions = document.querySelector('[data-questions]')
let asked = 0
topic?.addEventListener('change', async () => {
  const turn = ++asked
  const answer = await fetch(`${topic.dataset.category}?category=${encodeURIComponent(topic.value)}`)
  if (!answer.ok || turn !== asked) return
  const before = new FormData(topic.form)
  questions.innerHTML = await answer.text()
  for (const field of questions.querySelectorAll('[name]')) {
    const values = before.getAll(field.name)
    if (field.type === 'checkbox') field.checked = values.includes(field.value)
    else if (values.length) field.value = values[0]
  }
})

// Text areas grow with their text.
for (const area of document.querySelectorAll('[data-grow]')) {
  const grow = () => {
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight + 2}px`
  }
  area.addEventListener('input', grow)
  if (area.value) grow()
}

// On a narrow screen the facts about a request start folded.
const about = document.querySelector('[data-about]')
if (about && window.matchMedia('(max-width: 860px)').matches && !about.querySelector('.is-invalid')) about.open = false

// The menu closes with a click elsewhere and with Escape.
for (const menu of document.querySelectorAll('[data-menu]')) {
  document.addEventListener('click', event => { if (!menu.contains(event.target)) menu.open = false })
  menu.addEventListener('keydown', event => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false
      menu.querySelector('summary').focus()
    }
  })
}
