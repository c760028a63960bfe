/* The list: j and k walk, o opens, x selects; the ticket page walks on from here. */
import { typing } from './keyboard.js'

const table = document.querySelector('[data-list]')
const picks = table ? [...table.querySelectorAll('.pick')] : []
const rows = table ? [...table.querySelectorAll('[data-row]')] : []
let current = -1

function go (index) {
  rows[current]?.classList.remove('current')
  current = Math.max(0, Math.min(rows.length - 1, index))
  const row = rows[current]
  if (!row) return
  row.classList.add('current')
  row.querySelector('[data-open]').focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
}

function count () {
  const picked = picks.filter(pick => pick.checked).length
  const shown = document.querySelector('[data-picked]')
  if (shown) shown.textContent = `${picked} selected`
  const all = table.querySelector('[data-pick-all]')
  all.checked = picked > 0 && picked === picks.length
  all.indeterminate = picked > 0 && picked < picks.length
}

if (table) {
  const links = rows.map(row => row.querySelector('[data-open]').getAttribute('href'))
  sessionStorage.setItem('desk.list', JSON.stringify({ links, back: location.pathname + location.search }))
  table.addEventListener('change', event => {
    if (event.target.matches('[data-pick-all]')) for (const pick of picks) pick.checked = event.target.checked
    count()
  })
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    const moves = { j: 1, k: -1 }
    if (event.key in moves) { event.preventDefault(); go(current + moves[event.key]) }
    if (event.key === 'o' && rows[current]) rows[current].querySelector('[data-open]').click()
    if (event.key === 'x' && rows[current]) { rows[current].querySelector('.pick').click() }
  })
  const last = links.indexOf(sessionStorage.getItem('desk.last'))
  if (last >= 0) { current = last; rows[last].classList.add('current') }
  window.addEventListener('pageshow', count)
}
