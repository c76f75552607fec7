internal import Commands
internal import Logging
internal import NIOCore

extension Connection {
    /// Writes bytes.
    ///
    /// - Parameters:
    ///   - message: what counts them as a message among those that wait.
    ///   - flushesNow: whether they are sent at once; else at the end of the loop's turn, with others.
    func write(
        _ bytes: ByteBuffer, _ context: ChannelHandlerContext, message: UnreadMessages.Message? = nil,
        flushesNow: Bool = true
    ) {
        guard bytes.readableBytes > 0 else { return }
        server.traffic.noteOutput(bytes.readableBytes)
        if flushesNow {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        } else {
            context.write(wrapOutboundOut(bytes), promise: nil)
            loop.flushLater(self)
        }
        written += bytes.readableBytes
        checkOutput(message)
    }

    /// Looks how much waits for the client, and closes it when that is more than allowed.
    ///
    /// - Parameter message: what was just written, if it is a message.
    private func checkOutput(_ message: UnreadMessages.Message? = nil) {
        guard let context, phase != .closed else { return }
        isCongested = !context.channel.isWritable
        guard isCongested else {
            tooMuchSince = nil
            forgetUnread()
            return
        }
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        note(message, waiting)
        let limit = server.limits.output(session.outputClass)
        if limit.hard > 0, waiting > limit.hard {
            log(.warning, "client closed: it leaves more unread than client-output-buffer-limit allows")
            context.close(promise: nil)
        } else if message != nil, hasMoreThanItsShare(waiting) {
            log(.warning, "client closed: maxmemory-clients are unread, and it leaves more than the average")
            context.close(promise: nil)
        } else if limit.soft > 0, waiting > limit.soft {
            tooMuchSince = tooMuchSince ?? loop.tick
        } else {
            tooMuchSince = nil
        }
    }

    /// Counts a message among what waits for the client, and those no more that have left.
    private func note(_ message: UnreadMessages.Message?, _ waiting: Int) {
        if let message {
            if unread.isEmpty { server.unread.countClients(1) }
            unread.append((written, message))
        }
        guard !unread.isEmpty else { return }
        while let first = unread.first, first.end <= written - waiting { unread.removeFirst() }
        if unread.isEmpty { server.unread.countClients(-1) }
    }

    /// Nothing waits for the client any more.
    func forgetUnread() {
        guard !unread.isEmpty else { return }
        unread.removeAll()
        server.unread.countClients(-1)
    }

    /// Whether more waits for all clients than may, and for this one more than the average.
    private func hasMoreThanItsShare(_ waiting: Int) -> Bool {
        let (limit, bytes) = (server.limits.unread, server.unread.bytes)
        return limit > 0 && bytes > limit && waiting >= bytes / max(1, server.unread.clients)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        checkOutput()
        if !isCongested {
            run()
            resumeReading()
        }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - Closing

extension Connection {
    /// Sends an error and closes the connection.
    func refuse(_ message: String, _ context: ChannelHandlerContext) {
        let reply = ReplyBuffer()
        reply.error(message)
        write(reply.bytes, context)
        startClosing()
    }

    /// Closes the connection as soon as what was written has left.
    ///
    /// Our side is closed first: a socket that is closed with unread requests in it may take the last reply along.
    func startClosing() {
        guard phase != .closed, closingSince == 0, let context else { return }
        phase = .closing
        closingSince = max(1, loop.tick)
        timer?.cancel()
        input = ByteBuffer()
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            if self.inputHasEnded { return context.close(promise: nil) }
            context.close(mode: .output, promise: nil)
            self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: Connection.longestGoodbye) {
                self.context?.close(promise: nil)
            }
        }
        resumeReading()
    }

    /// The server stops: ends the connection unless a request still runs.
    func drain() {
        if phase != .working { startClosing() }
    }

    /// How long a client may take to close its side after we have closed ours.
    private static let longestGoodbye = TimeAmount.seconds(1)
}
