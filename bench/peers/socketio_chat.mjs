// Socket.IO on node.

import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { chosen, join, openRoom, post } from './chat.mjs'

const { port, heartbeat } = chosen()
const http = createServer()
const io = new Server(http, { pingInterval: heartbeat, pingTimeout: 60_000, serveClient: false })

io.on('connection', socket => {
  let seat
  socket.on('open', (_, answer) => answer({ code: openRoom().code }))
  socket.on('join', ({ code, nickname }, answer) => {
    seat = join(code, nickname)
    for (const event of seat.room.log) socket.emit('message', event.fragment)
    socket.join(seat.room.id)
    answer({ token: seat.token })
  })
  socket.on('message', ({ text }) => {
    io.to(seat.room.id).emit('message', post(seat.room, seat.token, text).fragment)
  })
})

http.listen({ port, host: '127.0.0.1', backlog: 1024 })
