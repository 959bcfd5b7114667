// better-sse on node's own http server: a channel for each room.

import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import { chosen, join, openRoom, post, seated } from './chat.mjs'

const { port, heartbeat } = chosen()
const channels = new Map()

const server = createServer((request, response) => {
  const [, place, room, what] = request.url.split('/')
  if (request.method === 'GET') return stream(request, response, room)
  let body = ''
  request.setEncoding('utf8')
  request.on('data', chunk => { body += chunk })
  request.on('end', () => {
    const form = new URLSearchParams(body)
    if (what === 'messages') say(request, response, room, form)
    else admit(response, place === 'join' ? form.get('code') : openRoom().code, form)
  })
})

function admit(response, code, form) {
  const { room, token } = join(code, form.get('nickname'))
  const admission = { room: { id: room.id, code: room.code }, token }
  answer(response, 201, 'application/json', JSON.stringify(admission))
}

async function stream(request, response, roomId) {
  const room = seated(roomId, tokenOf(request))
  if (!room) return answer(response, 404, 'text/plain', 'There is nothing here.')
  const session = await createSession(request, response, { keepAlive: heartbeat, serializer: String })
  for (const event of room.log) session.push(event.fragment, 'message', String(event.sequence))
  channelOf(room.id).register(session)
}

function say(request, response, roomId, form) {
  const token = tokenOf(request)
  const room = seated(roomId, token)
  if (!room) return answer(response, 404, 'text/plain', 'There is nothing here.')
  const event = post(room, token, form.get('text'))
  channelOf(room.id).broadcast(event.fragment, 'message', { eventId: String(event.sequence) })
  answer(response, 200, 'text/html', '<form id="composer"></form>')
}

function channelOf(roomId) {
  if (!channels.has(roomId)) channels.set(roomId, createChannel())
  return channels.get(roomId)
}

function tokenOf(request) {
  return /(?:^|; )seat=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
}

function answer(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

server.listen({ port, host: '127.0.0.1', backlog: 1024 })
