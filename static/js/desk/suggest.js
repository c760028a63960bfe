/* A list of suggestions under a field: arrows choose, Enter or Tab takes. */
export class Suggestions {
  constructor (field, take) {
    this.field = field
    this.take = take
    this.items = []
    this.box = Object.assign(document.createElement('ul'), { className: 'suggest', hidden: true, id: `suggest-${field.id}` })
    this.box.setAttribute('role', 'listbox')
    this.box.setAttribute('aria-label', 'Suggestions')
    const place = document.createElement('div')
    place.className = 'suggest-place'
    const line = field.closest('.in-line')
    ;(line || field).after(place)
    place.append(this.box)
    field.setAttribute('aria-autocomplete', 'list')
    field.setAttribute('aria-controls', this.box.id)
    field.addEventListener('keydown', event => this.key(event))
    field.addEventListener('blur', () => setTimeout(() => this.hide(), 150))
  }

  show (items) {
    this.items = items
    this.at = 0
    this.box.replaceChildren(...items.map((item, index) => {
      const line = Object.assign(document.createElement('li'), { className: 'menu-item', textContent: item.label, id: `${this.box.id}-${index}` })
      line.setAttribute('role', 'option')
      line.addEventListener('mousedown', event => { event.preventDefault(); this.choose(index) })
      return line
    }))
    this.box.hidden = items.length === 0
    if (items.length) this.mark()
  }

  mark () {
    [...this.box.children].forEach((line, index) => line.setAttribute('aria-selected', index === this.at))
    this.field.setAttribute('aria-activedescendant', `${this.box.id}-${this.at}`)
  }

  hide () { this.box.hidden = true; this.field.removeAttribute('aria-activedescendant') }

  choose (index) { const item = this.items[index]; this.hide(); if (item) this.take(item) }

  key (event) {
    if (this.box.hidden) return
    const moves = { ArrowDown: 1, ArrowUp: -1 }
    if (event.key in moves) {
      event.preventDefault()
      this.at = (this.at + moves[event.key] + this.items.length) % this.items.length
      this.mark()
    } else if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === 'Tab') { event.preventDefault(); this.choose(this.at) } else if (event.key === 'Escape') { event.stopPropagation(); this.hide() }
  }
}

export async function ask (url, words) {
  const answer = await fetch(`${url}?q=${encodeURIComponent(words)}`, { headers: { Accept: 'application/json' } })
  return answer.ok ? (await answer.json()).people : []
}

/* '@ma' in a note suggests colleagues. */
export function watchMentions (area, button, url) {
  let place = null
  const list = new Suggestions(area, item => {
    area.setRangeText(`@${item.handle} `, place, area.selectionStart, 'end')
    area.dispatchEvent(new Event('input', { bubbles: true }))
  })
  area.addEventListener('input', async () => {
    const found = /(?:^|[\s(])@([\w.+-]*)$/.exec(area.value.slice(0, area.selectionStart))
    if (!found) return list.hide()
    place = area.selectionStart - found[1].length - 1
    const people = await ask(url, found[1])
    list.show(people.map(person => ({ ...person, label: `${person.name}  @${person.handle}` })))
  })
  button?.addEventListener('click', () => {
    area.focus()
    area.setRangeText(/(^|\s)$/.test(area.value.slice(0, area.selectionStart)) ? '@' : ' @', area.selectionStart, area.selectionEnd, 'end')
    area.dispatchEvent(new Event('input', { bubbles: true }))
  })
}
