internal import Commands
internal import Logging
internal import NIOCore
internal import RESP

extension Connection {
    /// Has the requests that are whole run, and their replies written, in the loop's turn.
    func run() {
        guard phase == .ready, !isScheduled, !isCongested, context != nil else { return }
        isScheduled = true
        loop.turn.add(self)
    }

    /// The loop's turn has run requests and written their replies.
    ///
    /// - Parameter hasMore: whether it stopped before the last that may be whole.
    func didRun(hasMore: Bool) {
        isScheduled = false
        keepRest()
        if phase == .closing { return startClosing() }
        if phase == .ready, !isCongested {
            if hasMore { run() } else if inputHasEnded { startClosing() }
        }
        resumeReading()
    }

    /// Takes the next request out of the input.
    ///
    /// - Returns: `false` when none is whole, or it is not to be run now.
    func nextRequest(into words: inout Arguments, _ reply: ReplyBuffer) -> Bool {
        guard phase == .ready, !isCongested else { return false }
        decoder.limits.wordLength = server.limits.longestWord
        decoder.limits.isUnauthenticated = session.mustLogIn
        do throws(ProtocolError) {
            while true {
                let bytes = input
                let span = bytes.readableBytesUInt8Span
                guard try decoder.decode(span) else { break }
                words.removeAll()
                decoder.forEachWord(in: span) { word in words.append(word) }
                input.moveReaderIndex(forwardBy: decoder.byteCount)
                guard words.count > 0 else { continue }
                if decoder.isInline, isWebRequest(words) { return false }
                return true
            }
        } catch {
            log(.notice, "client closed: protocol error", error.message)
            reply.error("\(error)")
            phase = .closing
            return false
        }
        if input.readableBytes > server.limits.longestQuery {
            log(.warning, "client closed: its request is longer than client-query-buffer-limit")
            phase = .closing
        }
        return false
    }

    /// Whether the request is a line of HTTP, as every browser sends it before the body that a page chose: the commands
    /// in that body must not run. The connection is closed, as Redis does it.
    private func isWebRequest(_ words: Arguments) -> Bool {
        guard words.matches(0, "HOST:") || words.matches(0, "POST") else { return false }
        log(.warning, "client closed: it speaks HTTP")
        phase = .closing
        return true
    }

    /// Does what the outcome of a request asks for.
    ///
    /// - Parameters:
    ///   - words: the request's.
    ///   - start: where in `reply` the connection's replies begin.
    func finish(_ outcome: Outcome, _ words: Arguments, _ reply: ReplyBuffer, from start: Int) {
        switch outcome {
        case .done:
            if session.failedLogins > 0 {
                delay(reply.cut(from: start))
            }
        case .waiting(let deadline): wait(until: deadline)
        case .leave: work(words)
        case .postponed(let time): postpone(words, until: time)
        case .close: phase = .closing
        }
    }

    /// Keeps what is left of the input, a part of a request, without the large buffer that it came in.
    private func keepRest() {
        if input.readableBytes == 0 {
            input = ByteBuffer()
        } else if input.capacity > 4_096, input.readableBytes < input.capacity / 4 {
            input = ByteBuffer(bytes: input.readableBytesView)
        } else {
            input.discardReadBytes()
        }
    }

    /// Goes on after a request that did not end at once.
    private func goOn() {
        timer?.cancel()
        timer = nil
        phase = .ready
        lastInput = loop.tick
        if server.isStopping { return startClosing() }
        run()
        resumeReading()
    }
}

// MARK: - Requests that do not end at once

extension Connection {
    private func wait(until deadline: Int64?) {
        if waitHasEnded {
            waitHasEnded = false
            phase = .ready
            return
        }
        phase = inputHasEnded ? .closing : .waiting
        guard phase == .waiting, let deadline else { return }
        let (server, session) = (server, session)
        let left = max(0, deadline - server.engine.now)
        // As good as never, and the loop's clock is not that long.
        guard left < 10 * 365 * 86_400_000 else { return }
        timer = context?.eventLoop.scheduleTask(in: .milliseconds(left)) {
            server.onHelper { server.engine.endWait(of: session) }
        }
    }

    /// Writes what the engine has for the client that it did not ask for just then.
    func deliverMail() {
        for mail in owner.takeMail() { deliver(mail) }
    }

    private func deliver(_ mail: ConnectionOwner.Mail) {
        guard phase != .closing, phase != .closed, let context else { return }
        write(mail.bytes, context, message: mail.message, flushesNow: false)
        guard mail.endsWait else { return }
        // A request on another thread may have begun to wait and got its value before we hear of either.
        if phase == .working { waitHasEnded = true } else if phase == .waiting { goOn() }
    }

    /// Keeps a request until the engine tells to go on, or until a time in milliseconds since 1970.
    private func postpone(_ arguments: Arguments, until time: Int64) {
        phase = inputHasEnded ? .closing : .waiting
        guard phase == .waiting else { return }
        postponed = arguments
        let left = min(max(0, time - server.engine.now), Connection.longestPause)
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(left)) { self.resume() }
    }

    /// A pause may be as long as a client likes; it is looked again once a day.
    private static let longestPause: Int64 = 86_400_000

    /// Runs the request that was kept, if one is.
    func resume() {
        guard phase == .waiting, let arguments = postponed, let context else { return }
        postponed = nil
        timer?.cancel()
        phase = .ready
        let reply = ReplyBuffer(version: session.version)
        let outcome = server.engine.execute(arguments, session: session, reply: reply)
        finish(outcome, arguments, reply, from: 0)
        write(reply.bytes, context)
        if phase == .ready { goOn() } else if phase == .closing { startClosing() }
    }

    /// Runs a request on a thread that may take its time.
    private func work(_ arguments: Arguments) {
        phase = .working
        let (server, session, owner) = (server, session, owner)
        server.onWorker {
            let reply = ReplyBuffer(version: session.version)
            let outcome = server.engine.executeSlowly(arguments, session: session, reply: reply)
            let bytes = reply.bytes
            owner.channel.eventLoop.execute {
                guard let connection = owner.connection.value else { return server.forget(session) }
                connection.didWork(outcome, bytes)
            }
        }
    }

    private func didWork(_ outcome: Outcome, _ bytes: ByteBuffer) {
        guard let context else { return }
        write(bytes, context)
        guard phase == .working else { return }
        phase = .ready
        switch outcome {
        case .done, .leave: break
        case .waiting(let deadline): wait(until: deadline)
        // What is run slowly was admitted before.
        case .postponed: break
        case .close: phase = .closing
        }
        switch phase {
        case .ready: goOn()
        case .closing: startClosing()
        default: break
        }
    }

    /// Holds back the replies of a burst that ends with a wrong password, the longer the more often that happened.
    private func delay(_ bytes: ByteBuffer) {
        session.failedLogins = 0
        phase = .delayed
        let delay = server.logins.noteFailure(from: session.address, at: loop.tick)
        log(.notice, "wrong user name or password")
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            guard self.phase == .delayed, let context = self.context else { return }
            self.write(bytes, context)
            self.goOn()
        }
    }
}
