/* The ticket page: start at the last word, walk the list, count the time quietly. */
import { typing } from './keyboard.js'

const head = document.getElementById('ticket-head')
const talk = () => document.getElementById('talk')

function toEnd () {
  const pane = talk()
  if (pane && !document.querySelector('.msg:target')) pane.scrollTop = pane.scrollHeight
}

function walk () {
  const stored = JSON.parse(sessionStorage.getItem('desk.list') || 'null')
  sessionStorage.setItem('desk.last', location.pathname)
  const at = stored ? stored.links.indexOf(location.pathname) : -1
  const place = document.querySelector('[data-walk]')
  if (at < 0 || !place || stored.links.length < 2) return null
  place.hidden = false
  const view = [...document.querySelectorAll('.views a')].find(link => link.getAttribute('href') === stored.back.split('?')[0])
  view?.setAttribute('aria-current', 'true')
  place.querySelector('[data-walk-place]').textContent = `${at + 1} of ${stored.links.length}`
  for (const [name, to] of [['previous', at - 1], ['next', at + 1]]) {
    const link = place.querySelector(`[data-walk-${name}]`)
    if (stored.links[to]) link.href = stored.links[to]
    else { link.classList.add('disabled'); link.setAttribute('role', 'link'); link.setAttribute('aria-disabled', 'true') }
  }
  return { j: stored.links[at + 1], k: stored.links[at - 1] }
}

function timer () {
  const shown = document.querySelector('[data-timer-shown]')
  const field = document.querySelector('[data-timer-minutes]')
  if (!shown) return
  const key = `desk.time.${head.dataset.ticket}`
  let seconds = Number(sessionStorage.getItem(key) || 0)
  let touched = field.value !== ''
  field.addEventListener('input', () => { touched = true })
  field.form.addEventListener('submit', () => sessionStorage.removeItem(key))
  shown.parentElement.hidden = false
  setInterval(() => {
    if (document.hidden) return
    seconds += 1
    sessionStorage.setItem(key, seconds)
    shown.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`
    if (!touched && document.activeElement !== field && seconds >= 60) field.value = Math.ceil(seconds / 60)
  }, 1000)
}

if (head) {
  toEnd()
  window.addEventListener('load', toEnd)
  const started = Date.now()
  document.addEventListener('load', event => { if (event.target.matches('.preview img') && Date.now() - started < 3000) toEnd() }, true)
  let moves = walk()
  timer()
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    if (moves?.[event.key]) location.href = moves[event.key]
  })
  let bottom = true
  document.addEventListener('htmx:beforeSwap', () => {
    const pane = talk()
    bottom = !pane || pane.scrollTop + pane.clientHeight > pane.scrollHeight - 40 ? true : pane.scrollTop
  })
  document.addEventListener('htmx:afterSettle', () => {
    const pane = talk()
    if (pane) pane.scrollTop = bottom === true ? pane.scrollHeight : bottom
    moves = walk()
  })
  document.addEventListener('htmx:sendError', () => {
    const place = document.getElementById('flashes')
    const flash = Object.assign(document.createElement('div'), { className: 'flash error', textContent: 'Not saved: the server did not answer. Try again.' })
    place.replaceChildren(flash)
  })
}
