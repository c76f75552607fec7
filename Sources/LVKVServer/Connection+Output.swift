internal import Commands
internal import Logging
internal import NIOCore

extension Connection {
    /// Writes bytes.
    ///
    /// - Parameter flushesNow: whether they are sent at once; else at the end of the loop's turn, with others.
    func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, flushesNow: Bool = true) {
        guard bytes.readableBytes > 0 else { return }
        server.traffic.noteOutput(bytes.readableBytes)
        if flushesNow {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        } else {
            context.write(wrapOutboundOut(bytes), promise: nil)
            loop.flushLater(self)
        }
        checkOutput()
    }

    /// Looks how much waits for the client, and closes it when that is more than allowed.
    private func checkOutput() {
        guard let context, phase != .closed else { return }
        isCongested = !context.channel.isWritable
        guard isCongested else {
            tooMuchSince = nil
            return
        }
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let limit = server.limits.output(session.outputClass)
        if limit.hard > 0, waiting > limit.hard {
            log(.warning, "client closed: it leaves more unread than client-output-buffer-limit allows")
            context.close(promise: nil)
        } else if limit.soft > 0, waiting > limit.soft {
            tooMuchSince = tooMuchSince ?? loop.tick
        } else {
            tooMuchSince = nil
        }
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
