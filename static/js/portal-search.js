/* Suggestions under the search box: ready-made HTML from the server, one question at a time. */

export function suggest (form) {
  const input = form.querySelector('input[type=search]')
  const place = form.querySelector('[data-suggestions]')
  const status = form.querySelector('[data-suggested]')
  let turn = 0
  let timer

  input.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(ask, 180)
  })
  input.addEventListener('focus', () => { if (place.children.length) open(true) })
  form.addEventListener('keydown', move)
  document.addEventListener('click', event => { if (!form.contains(event.target)) open(false) })
  form.addEventListener('focusout', event => { if (event.relatedTarget && !form.contains(event.relatedTarget)) open(false) })

  async function ask () {
    const words = input.value.trim()
    const mine = ++turn
    if (words.length < 2) return fill('')
    const answer = await fetch(`${form.action}?fragment=1&q=${encodeURIComponent(words)}`).catch(() => null)
    if (answer && answer.ok && mine === turn) fill(await answer.text())
  }

  function fill (html) {
    place.innerHTML = html
    const found = place.querySelectorAll('a').length
    status.textContent = found ? `${found} suggestion${found === 1 ? '' : 's'}: press the down arrow` : ''
    open(found > 0)
  }

  function open (on) {
    place.hidden = !on
  }

  function move (event) {
    const links = [...place.querySelectorAll('a')]
    const at = links.indexOf(document.activeElement)
    if (event.key === 'Escape' && !place.hidden) {
      input.focus()
      open(false)
    } else if (event.key === 'ArrowDown' && !place.hidden && at < links.length - 1) links[at + 1].focus()
    else if (event.key === 'ArrowUp' && at >= 0) (links[at - 1] || input).focus()
    else return
    event.preventDefault()
  }
}
