internal import OrderedStore
internal import Structures

extension Engine {
    /// Tells those who watch the changed keys, and runs the commands that waited for them, in the order they came.
    /// ``writing`` is held.
    func didChange(_ events: [KeyEvent]) {
        var events = events
        // Commands that are served may change keys that others wait for: they come next.
        while !events.isEmpty {
            publish(events)
            var ready: [WatchedKey] = []
            var seen: Set<WatchedKey> = []
            for event in events {
                let key = WatchedKey(database: event.database, key: event.key)
                watching.noteChange(of: key, isExpiry: event.kind == .expired)
                if waiting.isAwaited(key), seen.insert(key).inserted { ready.append(key) }
            }
            events = []
            for key in ready { serve(key, &events) }
        }
    }

    /// Looks anew at what clients wait for and watch, since a failed write may be there after all. To be called when the
    /// store was opened again after a disk error, and takes writes.
    package func storeIsBack() {
        do {
            try withWriting(isLong: true) {
                watching.noteChangeOfAll()
                var changes: [KeyEvent] = []
                for key in waiting.awaitedKeys { serve(key, &changes) }
                didChange(changes)
            }
        } catch {
            // Nothing in it throws but what `serve` tells the clients.
        }
    }

    /// Runs the commands that wait for a key, as long as it has a value for them.
    ///
    /// - Parameter changes: what they changed is added to it.
    private func serve(_ key: WatchedKey, _ changes: inout [KeyEvent]) {
        var last: UInt64 = 0
        while waiting.isAwaited(key), let ticket = serveNext(key, after: last, &changes) { last = ticket }
    }

    /// Runs the first command that waits for what a key holds, of those that came after `ticket`.
    ///
    /// - Returns: its ticket; `nil` when there is none.
    private func serveNext(_ key: WatchedKey, after ticket: UInt64, _ changes: inout [KeyEvent]) -> UInt64? {
        var next: WaitingSessions.Client?
        var reply: (any ReplyWriter)?
        do {
            let (isDone, events) = try commit(key.database) { keys -> Bool in
                let kind = try keys.lookup(key.key.span, probably: .list).kind
                next = kind.flatMap { waiting.next(for: key, $0, after: ticket) }
                guard let next, case .data(let run) = next.waiting.command.action else { return false }
                // Who is gone takes nothing.
                guard let owner = next.session.owner else { return true }
                let writer = owner.makeReply(version: next.session.version)
                reply = writer
                let call = DataCall(
                    keys, writer, next.session, self, leavesWork: false, mayBlock: true, ready: key.key)
                try run(next.waiting.arguments, call)
                return call.wait == nil
            }
            changes += events
            guard let next else { return nil }
            if isDone { endWait(of: next.session, reply) }
        } catch {
            guard let next else { return nil }
            let reply = next.session.owner?.makeReply(version: next.session.version)
            reply?.error(Engine.message(for: error))
            endWait(of: next.session, reply)
        }
        return next?.ticket
    }

    /// Ends a wait whose time is up, or that somebody else ends.
    ///
    /// - Parameter error: what the client is told; by default that nothing came.
    /// - Returns: whether the session waited.
    @discardableResult
    package func endWait(of session: Session, error: String? = nil) -> Bool {
        locked {
            guard waiting.isWaiting(session) else { return false }
            let reply = session.owner?.makeReply(version: session.version)
            if let error { reply?.error(error) } else { reply?.nullArray() }
            endWait(of: session, reply)
            return true
        }
    }

    private func endWait(of session: Session, _ reply: (any ReplyWriter)?) {
        waiting.remove(session)
        countObservers()
        if let reply { session.owner?.send(reply, endsWait: true) }
    }
}
