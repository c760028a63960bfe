/* Shared by all faces: relative times stay true while the page is open. */
const units = [[60, 3600, 'min'], [3600, 86400, 'h'], [86400, 604800, 'd']]

export function relative (moment, now = new Date()) {
  const seconds = Math.trunc((now - moment) / 1000)
  const size = Math.abs(seconds)
  if (size < 45) return seconds >= 0 ? 'just now' : 'in a moment'
  const unit = units.find(([, below]) => size < below)
  if (!unit) return ''
  const words = `${Math.max(1, Math.round(size / unit[0]))} ${unit[2]}`
  return seconds >= 0 ? `${words} ago` : `in ${words}`
}

function refresh () {
  for (const element of document.querySelectorAll('time[data-relative]')) {
    const words = relative(new Date(element.dateTime))
    if (words && element.textContent !== words) element.textContent = words
  }
}

setInterval(refresh, 30_000)
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })
