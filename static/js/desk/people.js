/* Fields for a customer's address suggest those we know. */
import { Suggestions, ask } from './suggest.js'

for (const form of document.querySelectorAll('[data-find]')) {
  const field = form.querySelector('input[name=email]')
  const name = form.querySelector('input[name=name]')
  let timer
  const list = new Suggestions(field, person => {
    field.value = person.email
    if (name) name.value = person.name
  })
  field.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const people = field.value.trim().length < 2 ? [] : await ask(form.dataset.find, field.value.trim())
      list.show(people.map(person => ({ ...person, label: [person.name, person.email, person.organisation].filter(Boolean).join(' · ') })))
    }, 200)
  })
}
