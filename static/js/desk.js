/* The desk: one entry, small modules. Every page works without it. */
import './desk/menus.js'
import './desk/keyboard.js'
import './desk/list.js'
import './desk/uploads.js'
import './desk/compose.js'
import './desk/people.js'
import './desk/ticket.js'

document.documentElement.classList.add('js')
