/* Files are sent as soon as they are chosen, with progress; the form then carries their ids only. */

export function attachFiles (place) {
  const form = place.closest('form')
  const list = place.querySelector('[data-file-list]')
  const drop = place.querySelector('[data-drop]')
  const input = drop.querySelector('input')
  const status = place.querySelector('[data-file-status]')
  place.classList.add('scripted')

  for (const item of list.querySelectorAll('[data-file]')) addRemove(item)
  input.addEventListener('change', () => {
    take([...input.files])
    input.value = ''
  })
  for (const kind of ['dragenter', 'dragover']) drop.addEventListener(kind, event => { event.preventDefault(); drop.classList.add('over') })
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'))
  drop.addEventListener('drop', event => {
    event.preventDefault()
    take([...event.dataTransfer.files])
  })
  form.addEventListener('paste', event => {
    if (event.clipboardData.files.length) take([...event.clipboardData.files])
  })

  function take (files) {
    for (const file of files) {
      if (list.querySelectorAll('[data-file]:not(.failed)').length >= Number(place.dataset.most)) {
        fail(line(file), `At most ${place.dataset.most} files a message.`)
      } else if (file.size > Number(place.dataset.bytes)) {
        fail(line(file), `At most ${Math.floor(Number(place.dataset.bytes) / 1048576)} MB a file.`)
      } else send(file)
    }
  }

  function line (file) {
    const item = document.createElement('li')
    item.dataset.file = ''
    const name = document.createElement('span')
    name.className = 'file-name'
    name.textContent = file.name
    const size = document.createElement('small')
    size.textContent = shown(file.size)
    item.append(name, size)
    list.append(item)
    return item
  }

  function send (file) {
    const item = line(file)
    item.classList.add('busy')
    const bar = document.createElement('progress')
    bar.max = 1
    bar.value = 0
    bar.setAttribute('aria-label', `Sending ${file.name}`)
    item.append(bar)
    const request = new XMLHttpRequest()
    addRemove(item, () => request.abort())
    request.upload.addEventListener('progress', event => { if (event.lengthComputable) bar.value = event.loaded / event.total })
    request.addEventListener('loadend', () => {
      if (!item.isConnected) return
      item.classList.remove('busy')
      bar.remove()
      const answer = read(request)
      if (request.status === 201 && answer.id) {
        keep(item, answer)
        status.textContent = ''
        note(`${answer.name} is attached.`)
      } else fail(item, answer.error || 'This file did not arrive. Please try again.')
    })
    const data = new FormData()
    data.append('file', file)
    request.open('POST', place.dataset.url)
    request.setRequestHeader('X-CSRFToken', token())
    request.send(data)
  }

  function keep (item, answer) {
    const hidden = document.createElement('input')
    hidden.type = 'hidden'
    hidden.name = 'uploads'
    hidden.value = answer.id
    item.prepend(hidden)
    item.querySelector('.file-name').textContent = answer.name
  }

  function fail (item, words) {
    item.classList.add('failed')
    const told = document.createElement('p')
    told.className = 'field-error'
    told.setAttribute('role', 'alert')
    told.textContent = words
    if (!item.querySelector('button')) addRemove(item)
    item.append(told)
  }

  function addRemove (item, before = () => {}) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = '✕'
    button.setAttribute('aria-label', `Remove ${item.querySelector('.file-name').textContent}`)
    button.addEventListener('click', () => {
      before()
      const hidden = item.querySelector('[name=uploads]')
      item.remove()
      if (hidden) fetch(`${place.dataset.url}${hidden.value}/remove/`, { method: 'POST', headers: { 'X-CSRFToken': token() } })
      input.focus()
    })
    item.append(button)
  }

  function note (words) {
    status.className = 'visually-hidden'
    status.textContent = words
  }

  function token () {
    return form.querySelector('[name=csrfmiddlewaretoken]').value
  }
}

function read (request) {
  try {
    return JSON.parse(request.responseText)
  } catch {
    return {}
  }
}

function shown (size) {
  if (size < 1000) return `${size} B`
  return size < 1e6 ? `${Math.round(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`
}
