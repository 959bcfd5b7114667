// What the peers on node share: rooms with codes, seats and a log, and the fragment of a message.

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'

const LOG = 200

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }
const escape = text => text.replace(/[&<>"']/g, character => ESCAPES[character])

const byId = new Map()
const byCode = new Map()

export function openRoom() {
  const room = {
    id: randomBytes(10).toString('hex'),
    code: randomBytes(5).toString('hex'),
    seats: new Map(),
    log: [],
    sequence: 0,
  }
  byId.set(room.id, room)
  byCode.set(room.code, room)
  return room
}

export function join(code, nickname) {
  const room = byCode.get(code)
  const token = randomBytes(32).toString('base64url')
  room.seats.set(token, nickname)
  return { room, token }
}

// Returns the room in which the token has a seat, or nothing.
export function seated(roomId, token) {
  const room = byId.get(roomId)
  return room?.seats.has(token) ? room : undefined
}

export function post(room, token, text) {
  const now = new Date()
  const when = `${now.toISOString().slice(0, 19)}Z`
  const event = { sequence: ++room.sequence }
  event.fragment = `<hx-partial hx-target="#messages" hx-swap="upsert">
<article id="m-${event.sequence}" class="message" data-member="${token.slice(0, 4)}" data-at="${now / 1000}">
<span class="who"><bdi class="name">${escape(room.seats.get(token))}</bdi><i class="phase" aria-hidden="true"></i></span>
<time class="when" datetime="${when}" data-local>${when.slice(11, 16)}</time>
<div class="text" dir="auto">${escape(text)}</div>
</article></hx-partial>`
  room.log.push(event)
  if (room.log.length > LOG) room.log.shift()
  return event
}

// Returns the port, and the heartbeat in milliseconds.
export function chosen() {
  const { values } = parseArgs({ options: { port: { type: 'string' }, heartbeat: { type: 'string' } } })
  return { port: Number(values.port), heartbeat: Number(values.heartbeat) * 1000 }
}
