/* Files: chosen, dropped or pasted; uploaded at once, sent with the message */
export function csrf (form) { return form.querySelector('[name=csrfmiddlewaretoken]').value }

export function startFiles (form, { url, most, say }) {
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
      const answer = await fetch(url, { method: 'POST', body })
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
    const room = most - list.querySelectorAll('[data-upload]').length
    for (const file of [...files].slice(0, Math.max(0, room))) add(file)
    if (files.length > room) say(`at most ${most} files a message`)
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
      fetch(`${url}${chip.dataset.upload}/discard/`, { method: 'POST', body })
    }
    chip.remove()
  })
}

for (const form of document.querySelectorAll('[data-files-form]')) {
  startFiles(form, { url: form.dataset.uploadUrl, most: Number(form.dataset.maxFiles), say: () => {} })
}

/* A form that opens something is sent once. */
for (const form of document.querySelectorAll('[data-once]')) {
  form.addEventListener('submit', event => {
    if (form.dataset.sent) event.preventDefault()
    form.dataset.sent = '1'
  })
  window.addEventListener('pageshow', () => { delete form.dataset.sent })
}
